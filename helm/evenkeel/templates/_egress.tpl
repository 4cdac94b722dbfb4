{{/*
Ports of the http addresses in a value, each with a comma behind it. Addresses of the pod itself need no way out, and the
audience of access tokens is a name, whatever it looks like.
*/}}
{{- define "evenkeel.portsOf" -}}
{{- if kindIs "map" . -}}
{{- range $key, $value := . -}}
{{- if ne $key "audience" -}}
{{- include "evenkeel.portsOf" $value -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" . -}}
{{- range . -}}
{{- include "evenkeel.portsOf" . -}}
{{- end -}}
{{- else if and (kindIs "string" .) (regexMatch "(?i)^https?://" (toString .)) -}}
{{- $address := urlParse . -}}
{{- if not (regexMatch "^(localhost|127(\\.[0-9]+){3}|::1)$" $address.hostname) -}}
{{- default (ternary "443" "80" (eq $address.scheme "https")) (trimPrefix ":" (regexFind ":[0-9]+$" $address.host)) -}},
{{- end -}}
{{- end -}}
{{- end -}}

{{/* One egress rule. Takes (dict "to" peers "ports" list "protocols" list). */}}
{{- define "evenkeel.egressRule" -}}
{{- $protocols := .protocols -}}
- ports:
    {{- range $port := .ports }}
    {{- range $protocols }}
    - protocol: {{ . }}
      port: {{ int $port }}
    {{- end }}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "evenkeel.dnsEgress" -}}
{{- with .Values.networkPolicy.egress.dns -}}
{{- include "evenkeel.egressRule" (dict "to" .to "ports" (list .port) "protocols" (list "UDP" "TCP")) -}}
{{- end -}}
{{- end -}}

{{/* Where daemon and migration may go; the addresses of the configuration are for the daemon alone. Takes (dict "root" $ "isDaemon" bool). */}}
{{- define "evenkeel.egress" -}}
{{- include "evenkeel.dnsEgress" .root }}
{{- with .root.Values.networkPolicy.egress }}
{{ include "evenkeel.egressRule" (dict "to" .database.to "ports" (list .database.port) "protocols" (list "TCP")) }}
{{- if $.isDaemon }}
{{- $named := splitList "," (printf "%s443" (include "evenkeel.portsOf" $.root.Values.config)) | uniq | sortAlpha }}
{{ include "evenkeel.egressRule" (dict "to" .addresses.to "ports" (default $named .addresses.ports) "protocols" (list "TCP")) }}
{{- end }}
{{- with .extra }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}
