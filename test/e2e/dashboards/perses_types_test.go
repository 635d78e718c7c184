//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestDashboardsByPersesTypes checks that the types of Perses have every field of the generated dashboards: decoding
// and encoding them loses nothing.
func TestDashboardsByPersesTypes(t *testing.T) {
	t.Parallel()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	files := generatedDashboards(t, "perses")
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"run", "./again"}, files)...)
	cmd.Dir = filepath.Join(root, "test", "tools", "dashboards")
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	again := json.NewDecoder(bytes.NewReader(out))
	for _, file := range files {
		var want, got any
		readJSON(t, file, &want)
		harness.Must(t, again.Decode(&got))
		for _, lost := range missing("", want, got) {
			t.Errorf("%s: Perses does not know %s", filepath.Base(file), lost)
		}
	}
	if lost := missing("", map[string]any{"a": []any{map[string]any{"b": 1}}}, map[string]any{"a": []any{map[string]any{}}}); len(lost) != 1 ||
		lost[0] != ".a[0].b" {
		t.Errorf("what is lost is not found: %v", lost)
	}
}

// missing returns the fields of want that are missing or different in got. Zero values may be missing.
func missing(where string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		other, _ := got.(map[string]any)
		var lost []string
		for key, v := range want {
			if v != false && v != "" {
				lost = append(lost, missing(where+"."+key, v, other[key])...)
			}
		}
		return lost
	case []any:
		other, _ := got.([]any)
		if len(other) != len(want) {
			return []string{where}
		}
		var lost []string
		for i, v := range want {
			lost = append(lost, missing(fmt.Sprintf("%s[%d]", where, i), v, other[i])...)
		}
		return lost
	}
	if want != got {
		return []string{where}
	}
	return nil
}
