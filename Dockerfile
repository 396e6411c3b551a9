# SPDX-License-Identifier: Apache-2.0
#
# The image of the agent, of its second container and of the operator: one binary and the libraries that it needs, no
# shell. `docker build -t trigon .` for this machine, `--platform linux/arm64` or `linux/amd64` for another: the build stage
# is always this machine's and compiles for the other, so nothing is emulated. docs/install.md, "The image".

ARG DEBIAN=docker.io/library/debian:bookworm-slim

# BuildKit knows both; Buildah is told BUILDPLATFORM by --build-arg. No defaults here: they would count before what is known.
FROM --platform=$BUILDPLATFORM ${DEBIAN} AS build
ARG TARGETARCH
ENV DEBIAN_FRONTEND=noninteractive
COPY tools/deps.sh /src/tools/
RUN /src/tools/deps.sh "build-${TARGETARCH}" && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
ARG COMMIT=unknown
RUN make -j"$(nproc)" WERROR=1 ARCH="${TARGETARCH}" COMMIT="${COMMIT}" BUILD=/build && llvm-strip --strip-unneeded /build/trigon
# What another machine's does not start here: tests/e2e/cases/image_arm64.sh starts it.
RUN tools/image_tree.sh /build/trigon /image \
    && install -D -m 0644 -t /image/usr/share/trigon/policies policies/*.yaml \
    && if [ "${TARGETARCH}" = "$(dpkg --print-architecture)" ]; then chroot /image /usr/bin/trigon version; fi

FROM scratch
COPY --from=build --chown=65532:65532 /image /
ENTRYPOINT ["/usr/bin/trigon"]
CMD ["agent"]
