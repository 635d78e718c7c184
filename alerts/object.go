// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Rows about the alerts of an object: its owner, and whether they are disabled.
const (
	// ObjectAlertsDisabled are objects whose annotation turns alerts off.
	ObjectAlertsDisabled = "cobaltcore_object_alerts_disabled"
	// ObjectOwner is the metric with the owner of an object.
	ObjectOwner = "cobaltcore_object_owner_info"
)

// objectKinds are the kinds of objects that rules name. Other rules are not about a watched object,
// but about a node of OpenBao, a pod or something missing.
func objectKinds() []string {
	return []string{
		"Catalog", "Certificate", "CertificateRequest", "Cluster", "ClusterExternalSecret", "ClusterPushSecret", "ExternalSecret", "Organization", "Plugin", "PluginPreset",
		"PushSecret", "TeamRoleBinding",
	}
}

var oneLabel = regexp.MustCompile(`^\{\{ \$labels\.(\w+) \}\}$`)

// labelOf is the label that a template shows; empty if it is anything else.
func labelOf(template string) string {
	if m := oneLabel.FindStringSubmatch(template); m != nil {
		return m[1]
	}
	return ""
}

// AboutObject reports whether the rule is about watched objects, by kind, namespace and name.
func (r Rule) AboutObject() bool {
	name := labelOf(r.Object.Name)
	return name != "" && name != clusterLabel && (labelOf(r.Object.Kind) != "" || slices.Contains(objectKinds(), r.Object.Kind))
}

// QueryOfAll is Expr in the clusters that the rule is for.
func (r Rule) QueryOfAll() string { return r.clusters.apply(r.Expr, clusterLabel) }

// Query is QueryOfAll without the objects whose annotation turns alerts off.
func (r Rule) Query() string {
	return r.clusters.apply(r.queryOfEnabled(), clusterLabel)
}

// queryOfEnabled is [Rule.Query] for all clusters.
func (r Rule) queryOfEnabled() string {
	if !r.AboutObject() {
		return r.Expr
	}
	on := []string{clusterLabel}
	var matchers []string
	rows := func(selector string) string { return selector }
	for _, part := range r.objectParts() {
		label := labelOf(part.template)
		if label == "" {
			matchers = append(matchers, fmt.Sprintf(`%s=%q`, part.label, part.template))
			continue
		}
		on = append(on, label)
		if label != part.label {
			inner := rows
			rows = func(selector string) string {
				return fmt.Sprintf(`label_join(%s, %q, "", %q)`, inner(selector), label, part.label)
			}
		}
	}
	objects := rows(ObjectAlertsDisabled + `{` + strings.Join(matchers, ", ") + `}`)
	return `(` + r.Expr + `) unless on (` + strings.Join(on, ", ") + `) ` + objects
}

// objectPart is a label of the rows about objects, and where a rule has its value.
type objectPart struct{ label, template string }

func (r Rule) objectParts() []objectPart {
	return []objectPart{{"kind", r.Object.Kind}, {"namespace", r.Object.Namespace}, {"name", r.Object.Name}}
}

// OwnerLabels are those of whose an object is.
func OwnerLabels() []string { return []string{"owner", "support_group"} }

// Owned returns groups whose alerts have the owner of their object, if its rows have one.
func Owned(groups []Group) []Group {
	for _, g := range groups {
		for i, r := range g.Rules {
			g.Rules[i].owned = r.AboutObject()
		}
	}
	return groups
}

// ownerTemplate asks Prometheus whose the object of an alert is.
func (r Rule) ownerTemplate(owner, label string) string {
	matchers, values := []string{label + "=%q"}, []string{"$labels." + label}
	for _, part := range r.objectParts() {
		matchers = append(matchers, part.label+"=%q")
		if l := labelOf(part.template); l != "" {
			values = append(values, "$labels."+l)
		} else {
			values = append(values, strconv.Quote(part.template))
		}
	}
	query := ObjectOwner + "{" + strings.Join(matchers, ", ") + "}"
	return fmt.Sprintf("{{ with printf %q %s | query }}{{ first . | label %q }}{{ end }}", query, strings.Join(values, " "), owner)
}
