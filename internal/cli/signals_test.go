// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestInterrupted: a command that a signal ends while it waits for a cluster has the exit code
// of a shell, never that of a verdict.
func TestInterrupted(t *testing.T) {
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			conn, err := silent.Accept()
			cancel(interrupted{signal})
			if err == nil {
				<-t.Context().Done()
				_ = conn.Close()
			}
		}()
		kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
		text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://%s'}}]\n"+
			"contexts: [{name: a, context: {cluster: a}}]\n", silent.Addr())
		if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var stderr strings.Builder
		code := Main(ctx, []string{"report", "--kubeconfig", kubeconfig, "--timeout", "1h"}, Streams{Out: &strings.Builder{}, Err: &stderr})
		if code != want || !strings.Contains(stderr.String(), "error: interrupted: ") {
			t.Errorf("%s: exit code %d, want %d: %s", signal, code, want, stderr.String())
		}
		_ = silent.Close()
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
