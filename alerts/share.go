// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// sharedLength is the minimum length of a text that is written only once if several rules have it.
const sharedLength = 24

// anchors has the named nodes of a rule file by their content.
type anchors struct {
	uses  map[string]int
	nodes map[string]*yaml.Node
	names map[string]bool
}

// shareTexts makes a rule file shorter: a long text that several rules share is written once with
// an anchor, and the other rules refer to it.
func shareTexts(file *yaml.Node) {
	a := anchors{uses: map[string]int{}, nodes: map[string]*yaml.Node{}, names: map[string]bool{}}
	eachRule(file, func(_ string, labels, annotations *yaml.Node) {
		for _, m := range []*yaml.Node{labels, annotations} {
			for i := 1; i < len(m.Content); i += 2 {
				a.uses[m.Content[i].Value]++
			}
		}
	})
	eachRule(file, func(rule string, labels, annotations *yaml.Node) {
		labels.Style = yaml.FlowStyle
		a.texts(rule, labels)
		a.texts(rule, annotations)
	})
}

// eachRule calls f for each alerting rule of a rule file.
func eachRule(file *yaml.Node, f func(rule string, labels, annotations *yaml.Node)) {
	for _, group := range value(file, "groups").Content {
		for _, rule := range value(group, "rules").Content {
			if name := value(rule, "alert"); name != nil {
				f(name.Value, value(rule, "labels"), value(rule, "annotations"))
			}
		}
	}
}

// value returns the value of a key of a mapping; nil if the key does not exist.
func value(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// texts replaces the shared texts of a rule.
func (a *anchors) texts(rule string, mapping *yaml.Node) {
	for i := 0; i < len(mapping.Content); i += 2 {
		key, text := mapping.Content[i].Value, mapping.Content[i+1]
		if len(text.Value) < sharedLength || a.uses[text.Value] < 2 {
			continue
		}
		name := initials(rule) + "-" + key[:1]
		switch key {
		case LabelPlaybook:
			name = initials(rule)
		case clusterLabel:
			name = "label"
		case AnnotationDashboard:
			name, _, _ = strings.Cut(strings.TrimPrefix(text.Value, "cobaltcore-"), "?")
		}
		mapping.Content[i+1] = a.anchor(text.Value, name, text)
	}
}

// anchor returns the node with a name if it is the first one with this content, and otherwise a
// reference to the first one.
func (a *anchors) anchor(content, name string, n *yaml.Node) *yaml.Node {
	if first := a.nodes[content]; first != nil {
		return &yaml.Node{Kind: yaml.AliasNode, Value: first.Anchor, Alias: first}
	}
	for i, free := 2, name; a.names[name]; i++ {
		name = free + strconv.Itoa(i)
	}
	n.Anchor = name
	a.nodes[content], a.names[name] = n, true
	return n
}

// initials returns the capital letters of a name.
func initials(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return r
		}
		return -1
	}, name)
}
