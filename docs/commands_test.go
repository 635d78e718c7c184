// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/cli"
)

var (
	// commandLine is a command in a block of code, with the programs or variables that may stand before it.
	commandLine = regexp.MustCompile(`(?m)^(?: {0,7}|\t)(?:\$ |bin/|\./)?cobaltcore-exporter ([a-z-].*)$`)
	commandSpan = regexp.MustCompile("`cobaltcore-exporter ([a-z-][^`\n]*)`")
	redirection = regexp.MustCompile(` +(?:[|;&]|[0-9]?>|#).*$`)
	quotes      = strings.NewReplacer(`"`, "", `'`, "", `\|`, "|")
)

// TestCommands parses each command of the exporter that a page has with the flags of the program.
func TestCommands(t *testing.T) {
	checked := 0
	for page, text := range pages(t) {
		if page == "docs/commands.md" { // synopses, generated from the same flags
			continue
		}
		text = strings.ReplaceAll(text, "\\\n", " ")
		for _, m := range append(commandLine.FindAllStringSubmatch(text, -1), commandSpan.FindAllStringSubmatch(text, -1)...) {
			checked++
			if err := parse(redirection.ReplaceAllString(m[1], "")); err != nil {
				t.Errorf("%s: cobaltcore-exporter %s: %v", page, m[1], err)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d commands were checked", checked)
	}
}

// parse returns the error in the arguments of a command, which is not run.
func parse(line string) error {
	root := cli.NewRootCommand(cli.Streams{Out: io.Discard, Err: io.Discard})
	command, rest, err := root.Find(strings.Fields(quotes.Replace(line)))
	if err != nil {
		return err
	}
	command.InitDefaultVersionFlag() // when it is run, cobra adds it
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	if command == root {
		return nil
	}
	return command.ValidateArgs(command.Flags().Args())
}

// TestMistakenCommands checks that mistakes are found.
func TestMistakenCommands(t *testing.T) {
	for _, line := range []string{"reports", "report --colour", "report --timeout", "serve now", "report diff a", "explain"} {
		if parse(line) == nil {
			t.Errorf("%q is taken for a command", line)
		}
	}
	for _, line := range []string{"report --all-contexts -o wide", "report diff a b", "explain FluxStalled", "--version"} {
		if err := parse(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}
