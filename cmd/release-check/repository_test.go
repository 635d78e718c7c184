// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What a workflow runs is pinned, and it may do no more than its jobs say.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	pinned := regexp.MustCompile(`^\s*(- )?uses: [-\w]+/[-\w]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\n")
			if strings.Contains(line, "uses:") && !strings.Contains(line, "uses: ./") && !pinned.MatchString(line) {
				t.Errorf("%s: not pinned to a commit, with its version behind it: %s", name, line)
			}
		}
		var workflow struct {
			Permissions yaml.Node
			Jobs        map[string]struct {
				Permissions map[string]string
				Uses        string
				Timeout     int `yaml:"timeout-minutes"`
				Steps       []struct {
					Uses string
					With map[string]any
				}
			}
		}
		if err := yaml.Unmarshal(text, &workflow); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if workflow.Permissions.Kind != yaml.MappingNode || len(workflow.Permissions.Content) > 0 {
			t.Errorf("%s: jobs have permissions that they do not ask for; write permissions: {}", name)
		}
		for id, job := range workflow.Jobs {
			if len(job.Permissions) == 0 {
				t.Errorf("%s: job %s has no permissions, not even to read", name, id)
			}
			if job.Timeout == 0 && job.Uses == "" {
				t.Errorf("%s: job %s may run for ever", name, id)
			}
			for _, step := range job.Steps {
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
					t.Errorf("%s: job %s leaves its token behind", name, id)
				}
				if cache, ok := step.With["cache"]; strings.HasPrefix(step.Uses, "actions/setup-go@") && job.Permissions["packages"]+job.Permissions["contents"] != "read" && (!ok || cache != false) {
					t.Errorf("%s: job %s publishes what a cache may have changed", name, id)
				}
			}
		}
	}
}

// Every file says whose it is, or REUSE.toml does.
func TestLicences(t *testing.T) {
	toml, err := os.ReadFile("../../REUSE.toml")
	if err != nil {
		t.Fatal(err)
	}
	var annotated []*regexp.Regexp
	for _, m := range regexp.MustCompile(`"([^"]+)",`).FindAllStringSubmatch(string(toml), -1) {
		pattern := regexp.QuoteMeta(m[1])
		pattern = strings.ReplaceAll(strings.ReplaceAll(pattern, `\*\*/`, `(.*/)?`), `\*\*`, `.*`)
		annotated = append(annotated, regexp.MustCompile("^"+strings.ReplaceAll(pattern, `\*`, `[^/]*`)+"$"))
	}
	root := filepath.Join("..", "..")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case name == ".git" || name == "bin" || name == "dist": // what .gitignore leaves out
			return filepath.SkipDir
		case d.IsDir() || slices.ContainsFunc(annotated, func(r *regexp.Regexp) bool { return r.MatchString(name) }) || strings.HasPrefix(name, "LICENSE"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && !bytes.Contains(text, []byte("SPDX-License-Identifier: Apache-2.0")) {
			t.Errorf("%s has no SPDX header and is not in REUSE.toml", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
