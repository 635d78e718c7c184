// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"embed"
	"strings"
)

//go:embed playbooks/*.md
var playbookFiles embed.FS

// PlaybookText returns the playbook of a rule as Markdown without its front matter; empty if the
// rule has no playbook.
func (r Rule) PlaybookText() string {
	text, err := playbookFiles.ReadFile("playbooks/" + r.PlaybookFile())
	if err != nil || r.Severity == Info {
		return ""
	}
	_, body, _ := strings.Cut(string(text), "-->")
	return strings.TrimSpace(body)
}
