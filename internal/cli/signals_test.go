// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupted: a command that a signal ends has the exit code of a shell, never that of a
// verdict.
func TestInterrupted(t *testing.T) {
	config := filepath.Join(t.TempDir(), "fleet.yaml")
	kubeconfig := "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: a, context: {cluster: a}}]\n"
	for file, text := range map[string]string{config: "clusters: [{name: a, kubeconfig: {path: a}}]\n", filepath.Join(filepath.Dir(config), "a"): kubeconfig} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var stderr strings.Builder
		time.AfterFunc(100*time.Millisecond, func() { cancel(interrupted{signal}) })
		code := Main(ctx, []string{"report", "--config", config, "--timeout", "1h"}, Streams{Out: &strings.Builder{}, Err: &stderr})
		if code != want || !strings.Contains(stderr.String(), "error: interrupted: ") {
			t.Errorf("%s: exit code %d, want %d: %s", signal, code, want, stderr.String())
		}
		cancel(nil)
	}
}

// TestCannotWrite: a report that cannot be written is no verdict.
func TestCannotWrite(t *testing.T) {
	code := Main(t.Context(), []string{"report", "--snapshot", "../../test/fleet"}, Streams{Out: full{}, Err: &strings.Builder{}})
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
}

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
