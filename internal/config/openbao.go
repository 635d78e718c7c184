// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

// OpenBao is one OpenBao cluster. Exactly one of Nodes and Service is set, or
// neither if its Cluster is a snapshot.
type OpenBao struct {
	Name       string            `yaml:"name" jsonschema:"required,maxLength=253,pattern=^[0-9A-Za-z]([-.0-9A-Z_a-z]*[0-9A-Za-z])?$" hint:"Use letters, digits, '-', '_' and '.', with a letter or digit at both ends" jsonschema_description:"Name of the OpenBao cluster, unique. It is the value of the openbao label."`
	Cluster    string            `yaml:"cluster" jsonschema:"required,minLength=1" jsonschema_description:"The cluster of the fleet in which OpenBao runs. If that is a snapshot and there are neither nodes nor a service, the answers are read from openbao/<name>/<node>/ beside its directory, or in it."`
	Nodes      []string          `yaml:"nodes,omitempty" jsonschema:"uniqueItems=true,pattern=^https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?/?$" hint:"Use the URL of one node, with nothing but scheme, host and port, such as https://openbao-0.openbao-internal.openbao-system.svc:8200" jsonschema_description:"URLs of the nodes. Either this key or service is needed, unless the cluster is a snapshot. Each node has its own URL: not that of a Service, which hides the node that answers."`
	Service    *OpenBaoService   `yaml:"service,omitempty" conflicts:"nodes" jsonschema_description:"Find the nodes, ready or not, in the EndpointSlices of a headless Service, at most 32 of them. It needs tls.caFile or tls.serverName, so that the token of the exporter goes to no other server."`
	Addresses  []string          `yaml:"addresses,omitempty" jsonschema:"uniqueItems=true,pattern=^(https?://)?([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?/?$" hint:"Use the server of the stores, with nothing but scheme, host and port, such as https://openbao.example.com:8200" jsonschema_description:"Addresses by which stores of External Secrets reach this OpenBao (spec.provider.vault.server), such as that of an ingress or a load balancer. The port is 443 by default, or 80 with http://. An address that ends in .svc or .svc.cluster.local applies only to stores in the cluster of OpenBao. The nodes and their Services need no entry: with service openbao-internal, these are also openbao, openbao-active and openbao-standby. Failures of stores with other addresses are not explained by failures of this OpenBao, and their secrets are not compared with its secrets."`
	TLS        TLS               `yaml:"tls,omitempty" jsonschema_description:"TLS settings of the connections to the nodes."`
	Auth       OpenBaoAuth       `yaml:"auth,omitempty" jsonschema_description:"Login of the exporter. Without it, only data that OpenBao publishes without a login is exported: whether each node is up, sealed and active, the leader, and the CA certificates."`
	Interval   Duration          `yaml:"interval" jsonschema:"default=15s,exclusiveMinimum=0" jsonschema_description:"Interval of the requests to each node."`
	Timeout    Duration          `yaml:"timeout" jsonschema:"exclusiveMinimum=0" jsonschema_description:"Timeout of a request; at most the interval. The default is 5s, or the interval if that is shorter."`
	Expect     OpenBaoExpect     `yaml:"expect" jsonschema_description:"Expected state of this OpenBao cluster. Differences are reported."`
	Details    OpenBaoDetails    `yaml:"details" jsonschema_description:"Data that is read less often. Each setting requires a rule in the policy of the exporter."`
	KV         *OpenBaoKV        `yaml:"kv,omitempty" jsonschema_description:"Ages of secrets, from the metadata of KV version 2. The secrets themselves are never read."`
	LoginProbe OpenBaoLoginProbe `yaml:"loginProbe" jsonschema_description:"Log in from every cluster of the fleet, as its workloads do."`
}

// OpenBaoService is a headless Service in the cluster of OpenBao.
type OpenBaoService struct {
	Namespace string `yaml:"namespace" jsonschema:"required,minLength=1" jsonschema_description:"Namespace of the Service."`
	Name      string `yaml:"name" jsonschema:"required,minLength=1" jsonschema_description:"Name of the Service, such as openbao-internal."`
	Port      int    `yaml:"port" jsonschema:"default=8200,minimum=1,maximum=65535" jsonschema_description:"Port of the nodes' API."`
	Scheme    string `yaml:"scheme" jsonschema:"default=https,enum=https,enum=http" jsonschema_description:"Scheme of the nodes' API."`
}

// OpenBaoAuth is one way to log in, or none.
type OpenBaoAuth struct {
	Kubernetes *OpenBaoKubernetesAuth `yaml:"kubernetes,omitempty" jsonschema_description:"Log in with a service account token."`
	TokenFile  string                 `yaml:"tokenFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"File with an OpenBao token, instead of kubernetes. It is read again before it is used."`
}

// OpenBaoKubernetesAuth is a role of the Kubernetes auth method.
type OpenBaoKubernetesAuth struct {
	Mount     string `yaml:"mount,omitempty" jsonschema:"default=" jsonschema_description:"Path of the auth method. The default is kubernetes/<cluster>."`
	Role      string `yaml:"role" jsonschema:"default=cobaltcore-exporter,minLength=1" jsonschema_description:"Role of the exporter."`
	TokenFile string `yaml:"tokenFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"File with the service account token. The default is the token of the pod. The file is read again for each login."`
}

// OpenBaoExpect has the expected nodes, secrets engines and auth methods.
type OpenBaoExpect struct {
	Nodes      int               `yaml:"nodes" jsonschema:"minimum=1" jsonschema_description:"Number of nodes. The default is the sum of voters and nonVoters if voters is set, else 3."`
	Voters     int               `yaml:"voters,omitempty" jsonschema:"minimum=1" jsonschema_description:"Number of raft servers with a vote. The default is nodes minus nonVoters if nonVoters is set, else all servers except permanent non-voters."`
	NonVoters  int               `yaml:"nonVoters,omitempty" jsonschema:"minimum=0" jsonschema_description:"Number of raft servers that never get a vote, such as read replicas (retry_join_as_non_voter)."`
	AutoUnseal bool              `yaml:"autoUnseal" jsonschema:"default=true" jsonschema_description:"Whether the nodes should unseal themselves."`
	Mounts     map[string]string `yaml:"mounts" jsonschema:"minLength=1" jsonschema_description:"Secrets engines by path, each with its type; kv-v1 and kv-v2 are the versions of kv. Without this key: kv-v2/{bootstrap,openstack,infrastructure,ceph} and pki."`
	Auth       map[string]string `yaml:"auth" jsonschema:"minLength=1" jsonschema_description:"Auth methods by path, each with its type. Without this key: kubernetes/{management,control-plane,hypervisor,storage} and approle/ci-cd."`
}

// OpenBaoDetails selects details that are read less often.
type OpenBaoDetails struct {
	Interval     Duration `yaml:"interval" jsonschema:"default=5m,exclusiveMinimum=0" jsonschema_description:"Interval of these requests, and of requests for certificate revocation lists."`
	Audit        bool     `yaml:"audit" jsonschema:"default=false" jsonschema_description:"Count the audit devices. Only this requires the sudo capability."`
	Certificates bool     `yaml:"certificates" jsonschema:"default=false" jsonschema_description:"Count the certificates of each PKI mount and find the one that expires first. The list of a mount with many certificates is large."`
	Tidy         bool     `yaml:"tidy" jsonschema:"default=false" jsonschema_description:"Read when each PKI mount was last tidied."`
}

// OpenBaoKV selects the secrets whose metadata is read.
type OpenBaoKV struct {
	Mounts     []string `yaml:"mounts" jsonschema:"required,minItems=1,uniqueItems=true,minLength=1" jsonschema_description:"Paths of KV version 2 mounts."`
	Interval   Duration `yaml:"interval" jsonschema:"default=15m,exclusiveMinimum=0" jsonschema_description:"Interval of these requests. Each secret is one request and one entry in the audit log."`
	MaxAge     Duration `yaml:"maxAge" jsonschema:"default=90d,exclusiveMinimum=0" jsonschema_description:"Age from which a secret is overdue for rotation."`
	MaxSecrets int      `yaml:"maxSecrets" jsonschema:"default=1000,minimum=1" jsonschema_description:"Maximum number of secrets of a mount that are read. If a mount has more, a metric shows it."`
}

// OpenBaoLoginProbe is a login for each cluster of the fleet.
type OpenBaoLoginProbe struct {
	Enabled        bool                  `yaml:"enabled" jsonschema:"default=false" jsonschema_description:"Log in with a short-lived service account token of each cluster. The exporter requires permission to create tokens of the service account in each cluster."`
	Interval       Duration              `yaml:"interval" jsonschema:"default=1m,exclusiveMinimum=0" jsonschema_description:"Interval of the logins."`
	Mount          string                `yaml:"mount" jsonschema:"default=kubernetes/{cluster},minLength=1" jsonschema_description:"Path of the auth method; {cluster} is replaced by the name of the cluster, and is required if there are several clusters."`
	Role           string                `yaml:"role" jsonschema:"default=cobaltcore-exporter-probe,minLength=1" jsonschema_description:"Role to log in with. It needs no policy."`
	ServiceAccount OpenBaoServiceAccount `yaml:"serviceAccount" jsonschema_description:"The service account in each cluster."`
	Audiences      []string              `yaml:"audiences,omitempty" jsonschema:"uniqueItems=true,minLength=1" jsonschema_description:"Audiences of the tokens. If the list is empty, the audience is that of the API server."`
}

// OpenBaoServiceAccount names a service account.
type OpenBaoServiceAccount struct {
	Namespace string `yaml:"namespace" jsonschema:"default=cobaltcore-exporter,minLength=1" jsonschema_description:"Namespace of the service account."`
	Name      string `yaml:"name" jsonschema:"default=cobaltcore-exporter-probe,minLength=1" jsonschema_description:"Name of the service account. It must not be the service account of the exporter: a token of it has all permissions of the exporter."`
}
