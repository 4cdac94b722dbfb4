{{/* What every pod of the release has in common. Takes (dict "root" $ "token" bool: whether a service account token may be mounted). */}}
{{- define "evenkeel.podSpec" -}}
{{- $values := .root.Values -}}
automountServiceAccountToken: {{ and .token $values.automountServiceAccountToken }}
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with $values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "evenkeel.container" -}}
image: {{ include "evenkeel.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
{{- end -}}

{{/* Containers of the user as templates; the restricted profile holds for those that say nothing else. Takes (dict "root" $ "containers" list). */}}
{{- define "evenkeel.foreignContainers" -}}
{{- $root := .root -}}
{{- range fromYamlArray (tpl (toYaml .containers) $root) }}
- {{- toYaml (ternary . (merge (dict "securityContext" $root.Values.securityContext) .) (hasKey . "securityContext")) | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
Keys of existingSecret by variable, as YAML: all of them for the daemon, the address of the journal's database alone for
the migration. Takes (dict "root" $ "isDaemon" bool).
*/}}
{{- define "evenkeel.secretKeys" -}}
{{- if .isDaemon -}}
{{- toYaml .root.Values.secretKeys -}}
{{- else -}}
{{- toYaml (pick .root.Values.secretKeys "JOURNAL_DATABASE_URL") -}}
{{- end -}}
{{- end -}}

{{/* Environment and mounts of a container that runs the daemon's program. Takes (dict "root" $ "isDaemon" bool). */}}
{{- define "evenkeel.environment" -}}
{{- $secretKeys := fromYaml (include "evenkeel.secretKeys" .) -}}
env:
  {{- with .root.Values.nodeOptions }}
  - name: NODE_OPTIONS
    value: {{ . | quote }}
  {{- end }}
  - name: DATABASE_URL_FILE
    value: /var/run/secrets/evenkeel-database/DATABASE_URL
  {{- range $name, $key := $secretKeys }}
  - name: {{ $name }}_FILE
    value: /var/run/secrets/evenkeel/{{ $name }}
  {{- end }}
  {{- with .root.Values.extraEnv }}
  {{- tpl (toYaml .) $.root | nindent 2 }}
  {{- end }}
{{- with .root.Values.extraEnvFrom }}
envFrom:
  {{- tpl (toYaml .) $.root | nindent 2 }}
{{- end }}
volumeMounts:
  - name: config
    mountPath: /etc/evenkeel
    readOnly: true
  - name: database
    mountPath: /var/run/secrets/evenkeel-database
    readOnly: true
  {{- if $secretKeys }}
  - name: secrets
    mountPath: /var/run/secrets/evenkeel
    readOnly: true
  {{- end }}
  {{- if and .isDaemon .root.Values.keystore.existingSecret }}
  - name: keystore
    mountPath: /var/run/secrets/evenkeel-keystore
    readOnly: true
  {{- end }}
  - name: tmp
    mountPath: /tmp
  {{- with .root.Values.extraVolumeMounts }}
  {{- tpl (toYaml .) $.root | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Takes (dict "root" $ "configMap" name "isDaemon" bool). */}}
{{- define "evenkeel.volumes" -}}
{{- $values := .root.Values -}}
{{- $secretKeys := fromYaml (include "evenkeel.secretKeys" .) -}}
volumes:
  - name: config
    configMap:
      name: {{ .configMap }}
  - name: database
    secret:
      secretName: {{ default $values.existingSecret $values.database.existingSecret }}
      defaultMode: 0440
      items:
        - key: {{ $values.database.urlKey }}
          path: DATABASE_URL
        {{- with $values.database.caKey }}
        - key: {{ . }}
          path: ca.crt
        {{- end }}
  {{- if $secretKeys }}
  - name: secrets
    secret:
      secretName: {{ $values.existingSecret }}
      defaultMode: 0440
      items:
        {{- range $name, $key := $secretKeys }}
        - key: {{ $key }}
          path: {{ $name }}
        {{- end }}
  {{- end }}
  {{- if and .isDaemon $values.keystore.existingSecret }}
  - name: keystore
    secret:
      secretName: {{ $values.keystore.existingSecret }}
      defaultMode: 0440
      items:
        - key: {{ $values.keystore.keystoreKey }}
          path: keystore.json
        - key: {{ $values.keystore.passwordKey }}
          path: password
  {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 16Mi
  {{- with $values.extraVolumes }}
  {{- tpl (toYaml .) $.root | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Takes (dict "path" path "probe" values). */}}
{{- define "evenkeel.probe" -}}
httpGet:
  path: {{ .path }}
  port: metrics
{{ toYaml .probe }}
{{- end -}}
