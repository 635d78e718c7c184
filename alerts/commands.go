// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Command is a command of the diagnosis in a playbook.
type Command struct {
	kind string // the only kind to which it applies; empty for any kind
	text string
	own  []string // variables that the command sets itself
}

var (
	shellBlock    = regexp.MustCompile("(?ms)^```sh(?: kind=(\\w+))?\n(.*?)^```$")
	shellVariable = regexp.MustCompile(`\$(?:\{[A-Z][A-Z_]*-?\}|[A-Z][A-Z_]*)`)
	continuedLine = regexp.MustCompile(`\s*\\\n\s*`)
	assignment    = regexp.MustCompile(`^([A-Z][A-Z_]*)=`)
	safeWord      = regexp.MustCompile(`^[+./:@\w][-+.,/:=@\w]*$`)
)

// Commands returns the first command of each code block in the section Diagnosis, or in the whole
// playbook if that section has none.
func (r Rule) Commands() []Command {
	text := r.PlaybookText()
	if _, diagnosis, ok := strings.Cut(text, "## Diagnosis\n"); ok {
		text = diagnosis
	}
	var all []Command
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		if c := firstCommand(continuedLine.ReplaceAllString(block[2], " ")); c.text != "" {
			c.kind = block[1]
			all = append(all, c)
		}
	}
	return all
}

// firstCommand returns the first command of a code block, after the assignments that it uses. An assignment with a comment has an
// example value, so commands that need none are preferred.
func firstCommand(block string) (c Command) {
	var set [][]string // name and text of each assignment
	example := map[string]bool{}
	for line := range strings.Lines(block) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name := assignment.FindStringSubmatch(line); name != nil {
			text, _, commented := strings.Cut(line, " #")
			set, example[name[1]] = append(set, []string{name[1], strings.TrimSpace(text)}), commented
			continue
		}
		complete, one := true, Command{}
		for _, a := range set {
			if regexp.MustCompile(`\$\{?` + a[0] + `\b`).MatchString(line) {
				one.text, one.own = one.text+a[1]+"; ", append(one.own, a[0])
				complete = complete && !example[a[0]]
			}
		}
		one.text += line
		if complete {
			return one
		}
		if c.text == "" {
			c = one
		}
	}
	return c
}

// FirstCommand returns the first command that applies to an alert with these labels and needs no
// other values; empty if there is none. Users paste the command into a shell, and a variable may be
// inside any kind of quotes. A command is therefore skipped if a value contains characters that a
// shell interprets.
func FirstCommand(commands []Command, labels map[string]string) string {
	for _, c := range commands {
		if c.kind != "" && c.kind != labels["kind"] {
			continue
		}
		complete := true
		text := shellVariable.ReplaceAllStringFunc(c.text, func(name string) string {
			// ${NS-} is the namespace of an object, or empty for a cluster-scoped object.
			reference := name
			name, optional := strings.CutSuffix(strings.Trim(name, "${}"), "-")
			if slices.Contains(c.own, name) {
				return reference
			}
			value, ok := variable(name, labels)
			complete = complete && (ok || optional && value == "")
			return value
		})
		if complete {
			return strings.ReplaceAll(text, `-n "" `, "")
		}
	}
	return ""
}

// variable returns the value of a variable of the playbooks, and whether it is safe in a shell without quoting.
func variable(name string, labels map[string]string) (string, bool) {
	value := labels[strings.ToLower(name)]
	switch name {
	case "TARGET":
		value = cmp.Or(labels["target_cluster"], labels[clusterLabel])
	case "NS":
		value = cmp.Or(labels["exported_namespace"], labels["namespace"])
	case "MOUNT":
		value = cmp.Or(labels["mount"], labels["path"])
	case "BAO_NS":
		value = "openbao-system"
	}
	return value, safeWord.MatchString(value)
}

// Ends reports whether the value of the alert is the remaining time in seconds until an expiry.
func (r Rule) Ends() bool {
	return strings.Contains(r.Summary+r.Description, expires) || r.Threshold != nil && r.Threshold.Meaning == beforeTheEnd
}
