// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"cmp"
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/secretstores"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

type storeObject struct {
	watch.Object

	Spec struct {
		Provider provider `json:"provider"`
	} `json:"spec"`
	Status struct {
		Conditions   lifecycle.Conditions `json:"conditions"`
		Capabilities string               `json:"capabilities"`
	} `json:"status"`
}

// provider has the name of the only key in spec.provider, and its value if it is for OpenBao or Vault.
type provider struct {
	name  string
	vault vault
}

// vault is spec.provider.vault or openBao.
type vault struct {
	Server    server   `json:"server"`
	Path      string   `json:"path"`
	Version   string   `json:"version"` // version of KV; the default is v2
	Namespace presence `json:"namespace"`
	Auth      authKeys `json:"auth"`
}

// KeptKey excludes other providers.
func (*provider) KeptKey(key string) any {
	if (&provider{name: key}).isVault() {
		return vault{}
	}
	return nil
}

// UnmarshalJSONFrom skips other providers, whose keys have other types.
func (p *provider) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*p = provider{}
	return eachKey(dec, func(key string, value jsontext.Value) error {
		p.name = key
		if !p.isVault() {
			return nil
		}
		return json.Unmarshal(value, &p.vault, dec.Options())
	})
}

// authKeys is the login method, which is the only key in auth, with its mount.
type authKeys struct {
	method, mount string
	// referent reports that the credentials have no namespace. In a ClusterSecretStore, they are then looked up in
	// the namespace of each user, and are not validated.
	referent bool
}

// authMethod has the fields that the methods share.
type authMethod struct {
	Mount     string   `json:"mountPath"`
	Path      string   `json:"path"`
	Namespace presence `json:"namespace"` // in tokenSecretRef, which is itself a reference

	references

	Token references `json:"kubernetesServiceAccountToken"` // in jwt
	JWT   references `json:"jwt"`                           // in iam
}

type references struct {
	ServiceAccount *reference `json:"serviceAccountRef"`
	Secret         *reference `json:"secretRef"`
}

// reference is the location of a credential. The secretRef of iam and gcp has one for each of its parts.
type reference struct {
	Namespace presence   `json:"namespace"`
	KeyID     *reference `json:"accessKeyIDSecretRef"`
	Key       *reference `json:"secretAccessKeySecretRef"`
	Session   *reference `json:"sessionTokenSecretRef"`
}

// KeptKey keeps the methods, of which only the first counts.
func (*authKeys) KeptKey(key string) any {
	if key == "namespace" {
		return nil
	}
	return authMethod{}
}

// UnmarshalJSONFrom reads the first existing method.
func (a *authKeys) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*a = authKeys{}
	return eachKey(dec, func(key string, value jsontext.Value) error {
		if key == "namespace" || a.method != "" { // namespace is the OpenBao namespace of the login
			return nil
		}
		var m authMethod
		err := json.Unmarshal(value, &m, dec.Options())
		a.method = key
		a.mount = cmp.Or(m.Mount, m.Path, defaultMount(key))
		a.referent = m.referent(key)
		return err
	})
}

// defaultMount is the default mount of External Secrets Operator for logins.
func defaultMount(method string) string {
	switch method {
	case "appRole":
		return "approle"
	case "userPass":
		return "userpass"
	case "kubernetes", "jwt", "ldap", "cert", "gcp":
		return method
	case "iam":
		return "aws"
	}
	return "" // token, which needs no login
}

// referent evaluates the same references as External Secrets Operator (isReferentSpec of its provider vault).
func (m *authMethod) referent(method string) bool {
	if method == "tokenSecretRef" {
		return m.Namespace == ""
	}
	for _, r := range []*reference{
		m.ServiceAccount, m.Secret, m.Token.ServiceAccount, m.JWT.ServiceAccount,
	} {
		if r.referent() {
			return true
		}
	}
	return false
}

func (r *reference) referent() bool {
	switch {
	case r == nil:
		return false
	case r.KeyID != nil || r.Key != nil:
		return r.KeyID.referent() || r.Key.referent() || r.Session.referent()
	}
	return r.Namespace == ""
}

// eachKey calls f for each key of an object. It continues after an error, so that a value of the wrong type does
// not affect other values.
func eachKey(dec *jsontext.Decoder, f func(key string, value jsontext.Value) error) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var failed error
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		failed = cmp.Or(failed, f(key, value))
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	return failed
}

func stores(kind string, backends config.Backends) watch.Resource {
	return watch.NewStatefulResource(newResource(kind, storeFamilies()),
		func(o *storeObject, v fleet.View, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
			return o.rows(kind, o.Spec.Provider.backend(v.Cluster, backends), seen, r)
		})
}

func (o *storeObject) rows(kind, backend string, seen lifecycle.Observation, r *exposition.Rows) lifecycle.Memory {
	labels := []string{kind, o.Metadata.Namespace, o.Metadata.Name}
	with := func(more ...string) []string { return append(labels[:3:3], more...) }
	p := &o.Spec.Provider
	s := state{Result: unversioned.Evaluate(lifecycleObject(&o.Metadata, o.Status.Conditions), seen)}
	ready, ok := o.Status.Conditions.Get("Ready")
	if ok {
		r.Bool(storeReady, ready.Status == "True", labels...)
	}
	if ok && s.State != lifecycle.Deleting {
		referent := kind == secretstores.KindClusterSecretStore && p.vault.Auth.referent
		r.Bool(storeValidated, ready.Status == "True" && ready.Reason != "ValidationUnknown" && !referent, labels...)
	}
	reason := ready.Reason
	if !ok {
		reason = reasonUnprocessed
	}
	r.Add(storeReason, 1, with(reason)...)
	r.Add(storeInfo, 1, with(p.name, p.vault.Server.host(), backend, p.vault.Path, p.vault.Auth.method, p.vault.Auth.mount,
		o.Status.Capabilities)...)
	r.Time(storeCreated, o.Metadata.Created, labels...)
	r.Time(storeTransition, ready.LastTransitionTime, labels...)
	n := s.node(nil, o.flow(backend))
	n.Backend, n.AuthMount = backend, p.vault.Auth.mount
	r.Note(n.Shift(r))
	return s.Memory
}

// isVault reports whether the provider has the API of Vault.
func (p *provider) isVault() bool { return p.name == "vault" || p.name == "openBao" }

// backend returns the system behind a store: the OpenBao or the server, else the provider.
func (p *provider) backend(cluster string, backends config.Backends) string {
	if p.isVault() {
		return backends.Find(cluster, string(p.vault.Server))
	}
	return p.name
}

// presence is a text whose value is irrelevant unless it is empty.
type presence string

// KeptText returns a placeholder unless the text is empty.
func (p presence) KeptText() string {
	if p == "" {
		return ""
	}
	return "…"
}

// server is the URL of a server.
type server string

// host returns the host and port. Other parts of the URL are not exported.
func (s server) host() string {
	u, err := url.Parse(string(s))
	if err != nil {
		return ""
	}
	return u.Host
}

// KeptText returns a URL with only the host and port.
func (s server) KeptText() string {
	u, err := url.Parse(string(s))
	if err != nil || u.Host == "" {
		return config.ServerAddress(string(s))
	}
	if kept := server((&url.URL{Scheme: u.Scheme, Host: u.Host}).String()); kept.host() == s.host() {
		return string(kept)
	}
	return ""
}
