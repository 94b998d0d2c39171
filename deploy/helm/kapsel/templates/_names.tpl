{{- define "kapsel.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "kapsel.selector" -}}
app.kubernetes.io/name: kapsel
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kapsel.labels" -}}
{{ include "kapsel.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}
