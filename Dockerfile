# SPDX-License-Identifier: Apache-2.0
#
# The image of the agent, of its second container and of the operator: one binary and the libraries that it needs, no
# shell. `docker build -t trigon .`; for amd64 only so far: for arm64 all is compiled (`make arm64`), no image was built.

ARG DEBIAN=docker.io/library/debian:bookworm-slim

FROM ${DEBIAN} AS build
ENV DEBIAN_FRONTEND=noninteractive
COPY tools/deps.sh /src/tools/
RUN /src/tools/deps.sh build && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
ARG TARGETARCH=amd64
ARG COMMIT=unknown
RUN make -j"$(nproc)" WERROR=1 ARCH="${TARGETARCH}" COMMIT="${COMMIT}" BUILD=/build && strip --strip-unneeded /build/trigon
RUN tools/image_tree.sh /build/trigon /image \
    && install -D -m 0644 -t /image/usr/share/trigon/policies policies/*.yaml \
    && chroot /image /usr/bin/trigon version

FROM scratch
COPY --from=build --chown=65532:65532 /image /
ENTRYPOINT ["/usr/bin/trigon"]
CMD ["agent"]
