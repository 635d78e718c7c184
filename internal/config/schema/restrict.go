// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// anyPort is the port in the patterns of URLs, validPort what the schema has in its place: package config
// reports a port that does not exist on its own.
const (
	anyPort   = "(:[0-9]+)?"
	validPort = "(:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)

const labelPattern = "^[A-Za-z_][0-9A-Za-z_]*$"

// restrict adds what the functions check of package config refuse and a schema can express. The chart
// validates its values by the schema, so that Helm refuses them, too.
func restrict(s *jsonschema.Schema, t reflect.Type) {
	switch t {
	case reflect.TypeFor[config.TLS]():
		s.AllOf = together("certFile", "keyFile")
	case reflect.TypeFor[config.BasicAuth]():
		s.AllOf = together("username", "passwordFile")
	case reflect.TypeFor[config.OpenBaoAuth]():
		s.Not = &jsonschema.Schema{AllOf: []*jsonschema.Schema{{Required: []string{"kubernetes"}}, nonEmpty("tokenFile")}}
	case reflect.TypeFor[config.Alertmanager]():
		property(s, "urls").Items.Not = &jsonschema.Schema{Pattern: "/api/v2/*$"}
		property(s, "externalLabels").PropertyNames = labelNames(config.OwnAlertLabels())
	case reflect.TypeFor[config.Override](), reflect.TypeFor[config.ClusterOverride]():
		one := uint64(1)
		s.MinProperties = &one
		property(s, "labels").PropertyNames = labelNames(config.RuleLabels())
	case reflect.TypeFor[config.Controllers]():
		own := append(config.OwnPrefixes(), "scrape_", "up$", "ALERTS$", "ALERTS_FOR_STATE$", ".*_bucket$")
		property(s, "allow").Items.Not = &jsonschema.Schema{Pattern: "^(" + strings.Join(own, "|") + ")"}
		property(s, "selectors").PropertyNames = &jsonschema.Schema{Enum: values(config.ControllerSystems())}
	case reflect.TypeFor[config.OpenBaoExpect]():
		property(s, "mounts").PropertyNames = &jsonschema.Schema{Pattern: "[^/]"}
		property(s, "auth").PropertyNames = &jsonschema.Schema{Pattern: "[^/]"}
	case reflect.TypeFor[config.OpenBaoKV]():
		property(s, "mounts").Items.Pattern = "[^/]"
	case reflect.TypeFor[config.OpenBaoLoginProbe]():
		property(s, "mount").Pattern = "[^/]"
	case reflect.TypeFor[config.OpenBaoKubernetesAuth]():
		property(s, "mount").Pattern = "^$|[^/]"
	case reflect.TypeFor[config.OpenBao]():
		s.If = having("service", &jsonschema.Schema{Not: having("scheme", &jsonschema.Schema{Const: "http"})})
		s.Then = having("tls", &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			nonEmpty("caFile"), nonEmpty("serverName"), having("insecureSkipVerify", &jsonschema.Schema{Const: true}),
		}})
	}
}

// together returns schemas by which neither of two texts may be empty if the other one is not.
func together(a, b string) []*jsonschema.Schema {
	return []*jsonschema.Schema{{If: nonEmpty(a), Then: nonEmpty(b)}, {If: nonEmpty(b), Then: nonEmpty(a)}}
}

func nonEmpty(key string) *jsonschema.Schema {
	one := uint64(1)
	return having(key, &jsonschema.Schema{MinLength: &one})
}

// having returns a schema of objects with a key whose value is valid by s.
func having(key string, s *jsonschema.Schema) *jsonschema.Schema {
	out := &jsonschema.Schema{Required: []string{key}, Properties: jsonschema.NewProperties()}
	out.Properties.Set(key, s)
	return out
}

// labelNames returns a schema of the names of labels, but for those that alerts have.
func labelNames(taken []string) *jsonschema.Schema {
	return &jsonschema.Schema{Pattern: labelPattern, Not: &jsonschema.Schema{Enum: values(taken)}}
}

func property(s *jsonschema.Schema, key string) *jsonschema.Schema {
	p, ok := s.Properties.Get(key)
	if !ok {
		return new(jsonschema.Schema)
	}
	return p
}

func values(names []string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = name
	}
	return out
}
