// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/markdown"
)

const introduction = `<!-- Generated from internal/config by make generate. Do not edit. -->

# Configuration

The exporter reads one YAML file (` + "`--config`" + `). Only ` + "`clusters`" + ` is required.

The file is read strictly: an unknown key, a value of the wrong type, a duplicate key, a key without a value, or a
second document is an error. All errors of a file are reported at once, each with its line, and a file with an error is
not applied at all. ` + "`cobaltcore-exporter check-config --config FILE`" + ` checks a file without running it.

* Durations are written as in Prometheus: ` + "`30s`, `5m`, `1h30m`" + `.
* File names are relative to the directory of the configuration file.
* Anchors and aliases work as usual; merge keys (` + "`<<`" + `) are not supported.
* Editors check and complete the file with the JSON schema
  [` + "`internal/config/schema.json`" + `](../internal/config/schema.json); the first line of the example refers them to it.

A file with every key, mostly with its default:

` + "```yaml\n"

// renderDocs writes the documentation of a schema in Markdown.
func renderDocs(root *jsonschema.Schema) []byte {
	var out strings.Builder
	out.WriteString(introduction)
	out.Write(example)
	out.WriteString("```\n")
	renderSection(&out, "", root)
	return []byte(out.String())
}

// renderSection writes the keys of an object, then the objects below it.
func renderSection(out *strings.Builder, path string, s *jsonschema.Schema) {
	title := "Top level"
	if path != "" {
		title = codeSpan(path)
	}
	fmt.Fprintf(out, "\n## %s\n\n", title)
	if path != "" {
		fmt.Fprintf(out, "%s\n\n", escapeMarkdown(s.Description))
	}
	if len(s.OneOf) > 0 {
		var keys []string
		for _, alternative := range s.OneOf {
			keys = append(keys, codeSpan(alternative.Required[0]))
		}
		last := len(keys) - 1
		fmt.Fprintf(out, "Exactly one of %s and %s is set.\n\n", strings.Join(keys[:last], ", "), keys[last])
	}
	out.WriteString("| Key | Type | Default | Description |\n| --- | --- | --- | --- |\n")
	var details strings.Builder
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		key, property := pair.Key, pair.Value
		description, rest := markdown.Cell(escapeMarkdown(property.Description))
		if rest != "" {
			details.WriteString(markdown.Wrap("* "+codeSpan(key)+": "+rest, "  ") + "\n")
			description += " (details below)"
		}
		row := []string{codeSpan(key), describeType(joinPath(path, key), property), describeDefault(s, key), description}
		for i := range row {
			row[i] = strings.ReplaceAll(row[i], "|", `\|`)
		}
		fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | "))
	}
	if details.Len() > 0 {
		out.WriteString("\n" + details.String())
	}
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		property, at := pair.Value, joinPath(path, pair.Key)
		if property.Items != nil && property.Items.Properties != nil {
			items := *property.Items
			items.Description = property.Description
			renderSection(out, at+"[]", &items)
		}
		if property.Properties != nil {
			renderSection(out, at, property)
		}
		if values := property.AdditionalProperties; values != nil && values.Properties != nil {
			named := *values
			named.Description = property.Description
			renderSection(out, at, &named)
		}
	}
}

// describeType returns the type of a value in words.
func describeType(path string, s *jsonschema.Schema) string {
	switch {
	case s.Title == durationTitle:
		return "duration"
	case s.Enum != nil:
		var values []string
		for _, value := range s.Enum {
			values = append(values, codeSpan(fmt.Sprint(value)))
		}
		return strings.Join(values, ", ")
	case s.Properties != nil:
		return fmt.Sprintf("[mapping](#%s)", anchor(path))
	case s.Items != nil:
		if s.Items.Properties != nil {
			return fmt.Sprintf("list of [mappings](#%s)", anchor(path))
		}
		return "list of " + describeType(path, s.Items)
	case s.AdditionalProperties != nil && s.Type == "object":
		return "mapping of names to " + describeType(path, s.AdditionalProperties)
	case s.Extras["const"] == true:
		return "`true`"
	case s.Type == "string":
		return "text"
	case s.Type == "boolean":
		return "`true` or `false`"
	case s.Type == "integer" && s.Minimum != "" && s.Maximum != "":
		return fmt.Sprintf("whole number from %s to %s", s.Minimum, s.Maximum)
	case s.Type == "integer" && s.Minimum != "":
		return "whole number, at least " + s.Minimum.String()
	case s.Type == "integer":
		return "whole number"
	default:
		return s.Type
	}
}

// describeDefault returns the default of a key in words.
func describeDefault(parent *jsonschema.Schema, key string) string {
	s, _ := parent.Properties.Get(key)
	switch {
	case slices.Contains(parent.Required, key):
		return "**required**"
	case s.Default == nil || s.Default == "":
		return ""
	default:
		return codeSpan(fmt.Sprint(s.Default))
	}
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// anchor returns the anchor that GitHub generates for a heading.
func anchor(heading string) string {
	return strings.ToLower(strings.NewReplacer(".", "", "[", "", "]", "").Replace(heading))
}

// escapeMarkdown escapes <name>, which Markdown would read as HTML.
func escapeMarkdown(s string) string { return strings.ReplaceAll(s, "<", `\<`) }

func codeSpan(s string) string { return "`" + s + "`" }
