{{- define "trigon.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 46 bytes: -operator-metrics is a Service, which may have 63. */ -}}
{{- define "trigon.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains (include "trigon.name" .) .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "trigon.name" .) | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "trigon.selectorLabels" -}}
app.kubernetes.io/name: {{ include "trigon.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "trigon.labels" -}}
{{ include "trigon.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "trigon.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "trigon.probe" -}}
httpGet:
  path: {{ . }}
  port: health
timeoutSeconds: 5
{{- end -}}

{{- /* A container's profile as Kubernetes before 1.30, which has no field for it, takes it: an annotation's value. */ -}}
{{- define "trigon.appArmor" -}}
{{- if eq .type "Localhost" -}}
localhost/{{ .localhostProfile }}
{{- else -}}
{{- get (dict "RuntimeDefault" "runtime/default" "Unconfined" "unconfined") .type -}}
{{- end -}}
{{- end -}}

{{- /* By the version: without a cluster, as helm template, Helm knows no kinds. */ -}}
{{- define "trigon.hasNodeIsolation" -}}
{{- if and .Values.nodeIsolation.enabled (semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version) -}}
true
{{- end -}}
{{- end -}}
