// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path"
	"path/filepath"
	"strings"
)

// links returns the symbolic links of the repository with the paths that they lead to. A
// chart reads no file outside of its directory, and Go embeds none, so these files are
// stored there, and the directory where users look for them has a link.
func links(files map[string][]byte) map[string]string {
	out := map[string]string{
		"alerts/generated/" + chartLabel + "/rules.yaml": chartFilesDir + "rules.yaml",
		"alerts/generated/inhibit_rules.yaml":            chartFilesDir + "inhibit_rules.yaml",
		"docs/openbao/policy.hcl":                        chartFilesDir + "openbao-policy.hcl",
		"docs/openapi.json":                              "internal/health/openapi.json",
	}
	for name := range files {
		if dashboard, ok := strings.CutPrefix(name, chartFilesDir+"dashboards/"); ok {
			format, file := path.Split(dashboard)
			out["dashboards/generated/"+format+defaultLabel+"/"+file] = name
		}
	}
	return out
}

// linkTarget returns the target of a link from one path of the repository to another.
func linkTarget(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")) + to
}

// writeLink creates a symbolic link, unless it already exists.
func writeLink(from, to string) error {
	name, target := filepath.FromSlash(from), filepath.FromSlash(linkTarget(from, to))
	if current, err := os.Readlink(name); err == nil && current == target {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.Symlink(target, name)
}
