// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed chart_introduction.md
var chartIntroduction string

// chartPage returns the README of the chart: its usage, then every option.
func chartPage(values *option) []byte {
	var b bytes.Buffer
	b.WriteString("# cobaltcore-exporter\n\n" + generated)
	b.WriteString(withoutLicence(chartIntroduction))
	b.WriteString("\n## Options\n\n| option | type | default | meaning |\n|---|---|---|---|\n")
	for _, o := range values.children {
		o.row(&b)
	}
	return b.Bytes()
}

// row writes the option and its children. A mapping has a row of its own if it has a description.
func (o *option) row(b *bytes.Buffer) {
	leaf := len(o.children) == 0
	if leaf || o.description != "" {
		value := "–"
		if leaf {
			value = "`" + o.defaultText() + "`"
		}
		_, _ = fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", o.path, o.typeText(), value, strings.ReplaceAll(o.description, "|", `\|`))
	}
	for _, child := range o.children {
		child.row(b)
	}
}

func (o *option) typeText() string {
	switch o.value.Kind {
	case yaml.MappingNode:
		return "map"
	case yaml.SequenceNode:
		return "list"
	}
	return map[string]string{"!!str": "string", "!!bool": "bool", "!!int": "int"}[o.value.ShortTag()]
}

func (o *option) defaultText() string {
	var v any
	_ = o.value.Decode(&v) // it was read already
	return flowText(v)
}

// flowText returns a value in one line of valid YAML.
func flowText(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error() // YAML that was converted to JSON
	}
	return strings.TrimSpace(b.String())
}
