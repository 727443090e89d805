{{- define "affinage.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "affinage.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "affinage.labels" -}}
{{ include "affinage.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "affinage.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "affinage.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "affinage.artifactClaim" -}}
{{- default (printf "%s-artifacts" (include "affinage.fullname" .)) .Values.artifacts.persistence.existingClaim -}}
{{- end -}}

{{/* Kafka's connection as KAFKA_* variables, which Quarkus reads as kafka.* properties. */}}
{{- define "affinage.kafkaEnv" -}}
{{- $root := .root -}}
{{- $kafka := $root.Values.kafka -}}
{{- $user := printf "%s-%s" (include "affinage.fullname" $root) .service -}}
- name: KAFKA_BOOTSTRAP_SERVERS
  value: {{ required "kafka.bootstrapServers is required: host:port of the existing Kafka" $kafka.bootstrapServers | quote }}
- name: KAFKA_SECURITY_PROTOCOL
  value: {{ $kafka.securityProtocol }}
{{- if hasPrefix "SASL" $kafka.securityProtocol }}
- name: KAFKA_SASL_MECHANISM
  value: {{ $kafka.sasl.mechanism }}
- name: KAFKA_SASL_JAAS_CONFIG
  valueFrom:
    secretKeyRef:
      name: {{ default $user $kafka.sasl.secretName }}
      key: {{ $kafka.sasl.jaasConfigKey }}
{{- end }}
{{- if $kafka.tls.caSecretName }}
- name: KAFKA_SSL_TRUSTSTORE_TYPE
  value: PEM
- name: KAFKA_SSL_TRUSTSTORE_LOCATION
  value: /etc/kafka/ca/{{ $kafka.tls.caKey }}
{{- end }}
{{- if $kafka.tls.clientCertificates }}
- name: KAFKA_SSL_KEYSTORE_TYPE
  value: PKCS12
- name: KAFKA_SSL_KEYSTORE_LOCATION
  value: /etc/kafka/user/user.p12
- name: KAFKA_SSL_KEYSTORE_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $user }}
      key: user.password
{{- end }}
{{- end -}}

{{/* Who may use the HTTP API, and under which names it is reached. */}}
{{- define "affinage.httpEnv" -}}
{{- $root := .root -}}
{{- $auth := $root.Values.auth -}}
{{- $name := printf "%s-%s" (include "affinage.fullname" $root) .service -}}
{{- $namespace := $root.Release.Namespace -}}
{{- if not (or $auth.existingSecret $auth.oidc.authServerUrl $auth.allowUnauthenticated) }}
{{- fail "auth.existingSecret is required: a secret with the API keys (see values.yaml); or auth.oidc.authServerUrl, or auth.allowUnauthenticated=true" }}
{{- end }}
- name: AFFINAGE_HTTP_ALLOWED_HOSTS
  value: {{ concat (list $name (printf "%s.%s" $name $namespace) (printf "%s.%s.svc" $name $namespace) (printf "%s.%s.svc.cluster.local" $name $namespace)) $auth.allowedHosts | join "," | quote }}
{{- if $auth.existingSecret }}
- name: AFFINAGE_HTTP_KEYS_FILE
  value: /etc/affinage/http/{{ $auth.secretKey }}
{{- end }}
{{- if $auth.oidc.authServerUrl }}
- name: QUARKUS_OIDC_TENANT_ENABLED
  value: "true"
- name: QUARKUS_OIDC_AUTH_SERVER_URL
  value: {{ $auth.oidc.authServerUrl | quote }}
- name: QUARKUS_OIDC_CLIENT_ID
  value: {{ $auth.oidc.clientId | quote }}
{{- with $auth.oidc.audience }}
- name: QUARKUS_OIDC_TOKEN_AUDIENCE
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if $auth.allowUnauthenticated }}
- name: AFFINAGE_HTTP_ALLOW_UNAUTHENTICATED
  value: "true"
{{- end }}
{{- if $auth.metricsNeedKey }}
- name: AFFINAGE_HTTP_METRICS_NEED_KEY
  value: "true"
{{- end }}
{{- end -}}
