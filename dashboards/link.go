// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var linkLabel = regexp.MustCompile(`\$\{(\w+)\}`)

// Labels returns the labels of the clicked element that the link needs, in a fixed order.
func (l Link) Labels() []string {
	var labels []string
	texts := []string{l.Title, l.URL}
	for _, name := range slices.Sorted(maps.Keys(l.Variables)) {
		texts = append(texts, l.Variables[name])
	}
	for _, m := range linkLabel.FindAllStringSubmatch(strings.Join(texts, " "), -1) {
		if !slices.Contains(labels, m[1]) {
			labels = append(labels, m[1])
		}
	}
	return labels
}

// IsLabel reports whether the URL begins with the value of a label that contains a whole URL.
func (l Link) IsLabel() bool {
	at := linkLabel.FindStringIndex(l.URL)
	return at != nil && at[0] == 0
}

// Parameters returns the variables that the link sets as the query of a URL. label converts the
// name of a label to a reference to its value.
func (l Link) Parameters(label func(name string) string) []string {
	var parameters []string
	for _, name := range slices.Sorted(maps.Keys(l.Variables)) {
		parameters = append(parameters, "var-"+url.QueryEscape(name)+"="+expand(l.Variables[name], url.QueryEscape, label))
	}
	return parameters
}

// Expand returns a text of a link with its labels replaced by the results of label.
func Expand(text string, label func(name string) string) string {
	return expand(text, func(s string) string { return s }, label)
}

func expand(text string, literal, label func(string) string) string {
	var out strings.Builder
	at := 0
	for _, m := range linkLabel.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(literal(text[at:m[0]]) + label(text[m[2]:m[3]]))
		at = m[1]
	}
	return out.String() + literal(text[at:])
}

// CarriedVariables returns the variables that a link passes on: those that both pages have and the
// link does not set.
func (d Dashboard) CarriedVariables(l Link, all []Dashboard) []Variable {
	var carried []Variable
	for _, to := range all {
		if to.ID != l.Dashboard {
			continue
		}
		for _, v := range d.Variables {
			_, set := l.Variables[v.Name]
			if !set && slices.ContainsFunc(to.Variables, func(w Variable) bool { return w.Name == v.Name }) {
				carried = append(carried, v)
			}
		}
	}
	return carried
}

func (l Link) forLabel(label string) Link {
	replace := func(text string) string {
		return strings.ReplaceAll(text, "${"+clusterLabel+"}", "${"+label+"}")
	}
	l.Title, l.URL, l.Variables = replace(l.Title), replace(l.URL), maps.Clone(l.Variables)
	for name, text := range l.Variables {
		l.Variables[name] = replace(text)
	}
	return l
}
