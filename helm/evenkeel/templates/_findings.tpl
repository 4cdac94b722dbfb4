{{/*
What the schema cannot say: whether the parts of the values fit each other. Stops the rendering with every finding at
once; the daemon checks the rest of its configuration itself.
*/}}
{{- define "evenkeel.check" -}}
{{- $findings := concat (fromYamlArray (include "evenkeel.accessFindings" .)) (fromYamlArray (include "evenkeel.variableFindings" .)) (fromYamlArray (include "evenkeel.keystoreFindings" .)) (fromYamlArray (include "evenkeel.secretFindings" .)) (fromYamlArray (include "evenkeel.addressFindings" (dict "path" "config" "value" .Values.config))) (fromYamlArray (include "evenkeel.keyFindings" (dict "path" "config" "value" .Values.config))) -}}
{{- if $findings -}}
{{- fail (printf "\n  %s" (join "\n  " $findings)) -}}
{{- end -}}
{{- end -}}

{{/* Variables that daemon and migration are given by name, as a YAML list. What extraEnvFrom brings cannot be seen here. */}}
{{- define "evenkeel.givenVariables" -}}
{{- $names := keys .Values.secretKeys -}}
{{- range fromYamlArray (tpl (toYaml .Values.extraEnv) .) -}}
{{- $names = append $names (trimSuffix "_FILE" .name) -}}
{{- end -}}
{{- toYaml $names -}}
{{- end -}}

{{- define "evenkeel.accessFindings" -}}
{{- $hasToken := has "EVENKEEL_ADMIN_TOKEN" (fromYamlArray (include "evenkeel.givenVariables" .)) -}}
{{- $hasProvider := not (empty ((.Values.config.server).auth).oidc) -}}
{{- if and $hasToken $hasProvider }}
- "secretKeys.EVENKEEL_ADMIN_TOKEN: expected null beside config.server.auth.oidc, where people bring access tokens of their own; set it to null"
{{- else if not (or $hasToken $hasProvider) }}
- "secretKeys.EVENKEEL_ADMIN_TOKEN: expected a key of existingSecret, or config.server.auth.oidc; without either nobody can resume what is paused"
{{- end }}
{{- if hasKey .Values.secretKeys "DATABASE_URL" }}
- "secretKeys.DATABASE_URL: expected none; the key with the address of the database is database.urlKey"
{{- end }}
{{- end -}}

{{- define "evenkeel.variableFindings" -}}
{{- $given := fromYamlArray (include "evenkeel.givenVariables" .) -}}
{{- range $index, $channel := .Values.config.notifications }}
{{- range $member := list "urlVariable" "secretVariable" }}
{{- $variable := get $channel $member }}
{{- if and $variable (not (has $variable $given)) }}
- {{ printf "config.notifications.%d.%s names %s, which the daemon is not given; add it to secretKeys, with its key in existingSecret, or to extraEnv" $index $member $variable | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $chain := .Values.config.chains }}
{{- range $index, $endpoint := $chain.rpc }}
{{- if kindIs "map" $endpoint }}
{{- if and $endpoint.urlVariable (not (has $endpoint.urlVariable $given)) }}
- {{ printf "config.chains.%s.rpc.%d.urlVariable names %s, which the daemon is not given; add it to secretKeys, with its key in existingSecret, or to extraEnv" $key $index $endpoint.urlVariable | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- range $id, $portfolio := .Values.config.portfolios }}
{{- $variable := (($portfolio.targetSetting).source).tokenVariable }}
{{- if and $variable (not (has $variable $given)) }}
- {{ printf "config.portfolios.%s.targetSetting.source.tokenVariable names %s, which the daemon is not given; add it to secretKeys, with its key in existingSecret, or to extraEnv, with an empty value for a source that needs no token" $id $variable | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
Keys under config, which becomes a ConfigMap that many may read. Of an address of an endpoint that is a query, and a part
of the path as long as keys are. The findings repeat none of it.
*/}}
{{- define "evenkeel.secretFindings" -}}
{{- range $key, $venue := .Values.config.venues }}
{{- if hasKey $venue "apiKey" }}
- {{ printf "config.venues.%s.apiKey: expected none, for config becomes a ConfigMap that many may read; put the key into existingSecret and name it in secretKeys.ZEROX_API_KEY" $key | quote }}
{{- end }}
{{- end }}
{{- range $key, $chain := .Values.config.chains }}
{{- range $index, $endpoint := $chain.rpc }}
{{- $url := $endpoint }}
{{- if kindIs "map" $endpoint }}
{{- $url = default "" $endpoint.url }}
{{- end }}
{{- if regexMatch "^[a-zA-Z]+://[^/?#]*(/[^?#]*)?(\\?.|/[^/?#]{16,})" (toString $url) }}
- {{ printf "config.chains.%s.rpc.%d: expected an address without a key, for config becomes a ConfigMap that many may read; put the address into existingSecret, name its variable EVENKEEL_RPC_… in secretKeys and in urlVariable here" $key $index | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
Addresses with a user or a password in front of the host, or with a query, where services take keys. Where weights are fetched
and where public keys lie, a query may say what is meant: there only what is called like a key is refused. Endpoints are looked
at elsewhere. Takes (dict "path" text "value" any).
*/}}
{{- define "evenkeel.addressFindings" -}}
{{- $path := .path -}}
{{- if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- include "evenkeel.addressFindings" (dict "path" (printf "%s.%s" $path $key) "value" $value) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $index, $value := .value }}
{{- include "evenkeel.addressFindings" (dict "path" (printf "%s.%d" $path $index) "value" $value) }}
{{- end }}
{{- else if kindIs "string" .value }}
{{- $query := "^https?://[^?#]*\\?." }}
{{- if regexMatch "\\.(location|jwksUrl)$" $path }}
{{- $query = "^https?://[^?#]*\\?([^#]*&)?[^=&#]*(key|token|secret|pass|auth|sig)[^=&#]*=" }}
{{- end }}
{{- if regexMatch "(?i)^https?://[^/?#]*@" .value }}
- {{ printf "%s: expected an address without user and password, for config becomes a ConfigMap that many may read" $path | quote }}
{{- else if and (regexMatch (printf "(?i)%s" $query) .value) (not (regexMatch "^config\\.chains\\.[^.]+\\.rpc\\." $path)) }}
- {{ printf "%s: expected an address without a query, which is where services take keys, for config becomes a ConfigMap that many may read" $path | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "evenkeel.keystoreFindings" -}}
{{- $signer := default (dict) .Values.config.signer -}}
{{- $secret := .Values.keystore.existingSecret -}}
{{- $isKeystore := eq (default "" $signer.kind) "keystore" -}}
{{- if and $secret (not $isKeystore) }}
- {{ printf "keystore.existingSecret: expected none where config.signer.kind is not keystore, got %s; no pod needs the key" $secret | quote }}
{{- end }}
{{- if and $isKeystore (not $secret) }}
{{- range $member := list "file" "passwordFile" }}
{{- if hasPrefix "/var/run/secrets/evenkeel-keystore/" (default "" (get $signer $member)) }}
- {{ printf "config.signer.%s names %s, which is not mounted; name its Secret in keystore.existingSecret" $member (get $signer $member) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Helm reads YAML 1.1, where on, off, yes and no are true and false, as keys too. Takes (dict "path" text "value" any). */}}
{{- define "evenkeel.keyFindings" -}}
{{- $path := .path -}}
{{- if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- if has $key (list "true" "false") }}
- {{ printf "%s has the key %s; write the key that is meant in quotes, such as 'on': Helm reads on, off, yes and no without them as true and false" $path $key | quote }}
{{- end }}
{{- include "evenkeel.keyFindings" (dict "path" (printf "%s.%s" $path $key) "value" $value) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $index, $value := .value }}
{{- include "evenkeel.keyFindings" (dict "path" (printf "%s.%d" $path $index) "value" $value) }}
{{- end }}
{{- end }}
{{- end -}}
