// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, IgnoredLeaks()...) }

func shell(script string) Command {
	return Command{Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}}
}

func TestProcess(t *testing.T) {
	dir := t.TempDir()
	p, err := Start(t.Context(), dir, Command{Name: "s", Path: "/bin/sh", Args: []string{"-c", `echo "$GREETING"; exec sleep 600`}, Env: []string{"GREETING=hello"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.WaitReady(t.Context(), 10*time.Second, func(context.Context) error {
		if p.LogTail() != "hello" {
			return errors.New("no greeting")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(p.PID()); err != nil || group != p.PID() {
		t.Errorf("process group is %d (%v), not %d", group, err, p.PID())
	}
	if err := p.Signal(syscall.SIGSTOP); err != nil { // Stop must also end a stopped process
		t.Error(err)
	}
	for range 2 {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}
	if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process still exists: %v", err)
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal to a process that has ended yields %v", err)
	}
	if err := (*Process)(nil).Stop(); err != nil {
		t.Error(err)
	}
}

func TestProcessEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, t.TempDir(), shell("exec sleep 600"))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-p.Done()
	if err := p.Stop(); err != nil {
		t.Errorf("a process that was asked to end yields %v", err)
	}
}

func TestProcessEndsEarly(t *testing.T) {
	p, err := Start(t.Context(), t.TempDir(), shell("echo cannot listen >&2; exit 3"))
	if err != nil {
		t.Fatal(err)
	}
	ready := p.WaitReady(t.Context(), time.Minute, func(context.Context) error { return errors.New("connection refused") })
	for _, err := range []error{ready, p.Stop()} {
		if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "cannot listen") {
			t.Errorf("the error tells neither how the process ended nor why: %v", err)
		}
	}
	if !strings.Contains(ready.Error(), "connection refused") {
		t.Errorf("the error does not tell what was waited for: %v", ready)
	}
}

func TestProcessDoesNotStart(t *testing.T) {
	if _, err := Start(t.Context(), t.TempDir(), Command{Name: "no", Path: "/does/not/exist"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestPoll(t *testing.T) {
	n := 0
	if err := Poll(t.Context(), time.Minute, func(context.Context) error {
		if n++; n < 3 {
			return errors.New("not yet")
		}
		return nil
	}); err != nil || n != 3 {
		t.Errorf("%d calls, %v", n, err)
	}
	notYet := errors.New("not yet")
	err := Poll(t.Context(), time.Millisecond, func(context.Context) error { return notYet })
	if !errors.Is(err, notYet) || !strings.Contains(err.Error(), "not within 1ms") {
		t.Errorf("error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Poll(ctx, time.Minute, func(context.Context) error { return notYet }); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestFreePorts(t *testing.T) {
	ports, err := FreePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] || port < lowestPort || port >= lowestPort+numPortRanges*portsInRange {
			t.Errorf("port %d", port)
		}
		seen[port] = true
	}
}

func TestLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache", "x.lock")
	unlock, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := lockFile(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock yields %v", err)
	}
	unlock()
	again, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
