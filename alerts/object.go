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

// Rows about objects that affect their alerts: the owner, and whether alerts are disabled.
const (
	// ObjectAlertsDisabled is the metric of objects whose annotation turns alerts off.
	ObjectAlertsDisabled = "cobaltcore_object_alerts_disabled"
	// ObjectOwner is the metric with the owner of an object.
	ObjectOwner = "cobaltcore_object_owner_info"
)

// objectKinds returns the kinds of watched objects to which rules refer. Other rules are about
// OpenBao nodes, pods or missing objects.
func objectKinds() []string {
	return []string{
		"Catalog", "Certificate", "CertificateRequest", "Cluster", "ClusterExternalSecret", "ClusterPushSecret", "ExternalSecret", "Organization", "Plugin", "PluginPreset",
		"PushSecret", "TeamRoleBinding",
	}
}

var oneLabel = regexp.MustCompile(`^\{\{ \$labels\.(\w+) \}\}$`)

// labelOf returns the label that a template inserts; empty for any other template.
func labelOf(template string) string {
	if m := oneLabel.FindStringSubmatch(template); m != nil {
		return m[1]
	}
	return ""
}

// AboutObject reports whether the rule is about watched objects, which have a kind, a namespace and a name.
func (r Rule) AboutObject() bool {
	name := labelOf(r.Object.Name)
	return name != "" && name != clusterLabel && (labelOf(r.Object.Kind) != "" || slices.Contains(objectKinds(), r.Object.Kind))
}

// QueryOfAll returns Expr, limited to the clusters of the rule.
func (r Rule) QueryOfAll() string { return r.clusters.apply(r.Expr, clusterLabel) }

// Query returns QueryOfAll without the objects whose annotation turns alerts off.
func (r Rule) Query() string {
	return r.clusters.apply(r.queryOfEnabled(), clusterLabel)
}

// queryOfEnabled returns [Rule.Query] for all clusters.
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

// objectPart is a label of the rows about objects, with the template of its value in a rule.
type objectPart struct{ label, template string }

func (r Rule) objectParts() []objectPart {
	return []objectPart{{"kind", r.Object.Kind}, {"namespace", r.Object.Namespace}, {"name", r.Object.Name}}
}

// OwnerLabels returns the labels with the owner of an object.
func OwnerLabels() []string { return []string{"owner", "support_group"} }

// Owned returns groups whose alerts have the labels with the owner of their object, if there is one.
func Owned(groups []Group) []Group {
	for _, g := range groups {
		for i, r := range g.Rules {
			g.Rules[i].owned = r.AboutObject()
		}
	}
	return groups
}

// ownerTemplate returns a template that queries Prometheus for the owner of the object of an alert.
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
