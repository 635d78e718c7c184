// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// asProgram makes the test binary the program.
const asProgram = "COBALTCORE_EXPORTER_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ctx, stop := NotifyContext(context.Background())
		code := Main(ctx, os.Args[1:], Streams{Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code) //nolint:forbidigo // this is the main of the program under test
	}
	goleak.VerifyTestMain(m)
}

func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

const snapshotFleet = "../../test/fleet"

// TestSignals checks that a process that a signal ends has the exit code of a shell, never that of a
// verdict. Only serve ends in order then.
func TestSignals(t *testing.T) {
	watched := filepath.Join(snapshotFleet, "fleet.yaml")
	for name, c := range map[string]struct {
		args  []string
		begun string // text in the output of a command that runs; empty: it waits for a cluster that does not answer
		want  map[syscall.Signal]int
	}{
		"report":   {args: []string{"report", "--timeout=1h"}, want: map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143}},
		"wait":     {args: []string{"report", "--config=" + watched, "--wait", "--timeout=1h"}, begun: "looking again", want: map[syscall.Signal]int{syscall.SIGINT: 130}},
		"watch":    {args: []string{"report", "--config=" + watched, "--watch"}, begun: "Verdict:", want: map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143}},
		"snapshot": {args: []string{"snapshot", "--timeout=1h", "--out=" + filepath.Join(t.TempDir(), "out")}, want: map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143}},
		"serve":    {args: []string{"serve", "--config=" + watched, "--web.listen-address=127.0.0.1:0"}, begun: "start ", want: map[syscall.Signal]int{syscall.SIGINT: 0, syscall.SIGTERM: 0}},
	} {
		for signal, want := range c.want {
			t.Run(name+" "+signal.String(), func(t *testing.T) {
				args, begun := c.args, outputHas(c.begun)
				if c.begun == "" {
					kubeconfig, asked := silentCluster(t)
					args, begun = append(args, "--kubeconfig="+kubeconfig), func(*bufio.Reader) { <-asked }
				}
				if code := signalled(t, signal, begun, args...); code != want {
					t.Errorf("exit code %d, want %d", code, want)
				}
			})
		}
	}
}

// outputHas returns a function that reads until a text comes.
func outputHas(text string) func(*bufio.Reader) {
	return func(r *bufio.Reader) {
		for {
			line, err := r.ReadString('\n')
			if err != nil || strings.Contains(line, text) {
				return
			}
		}
	}
}

// signalled runs the program, sends a signal as soon as it has begun, and returns the exit code.
func signalled(t *testing.T, signal syscall.Signal, begun func(*bufio.Reader), args ...string) int {
	t.Helper()
	cmd := program(args...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	out := bufio.NewReader(read)
	begun(out)
	if err := cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out)
	return exitCode(t, cmd.Wait())
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}

// silentCluster returns a kubeconfig of a cluster that accepts connections and never answers, and a channel
// that gets a value with the first connection.
func silentCluster(t *testing.T) (kubeconfig string, asked <-chan struct{}) {
	t.Helper()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	first := make(chan struct{}, 1)
	go func() {
		var open []net.Conn
		for {
			conn, err := silent.Accept()
			if err != nil {
				break
			}
			open = append(open, conn)
			select {
			case first <- struct{}{}:
			default:
			}
		}
		for _, c := range open {
			_ = c.Close()
		}
	}()
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'https://%s'}}]\n"+
		"contexts: [{name: a, context: {cluster: a}}]\n", silent.Addr())
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig, first
}

// TestFullDisk checks that output that cannot be written is a failure, never a verdict or a success.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no device without space: ", err)
	}
	defer func() { _ = full.Close() }()
	config, before := "--config="+filepath.Join(snapshotFleet, "fleet.yaml"), filepath.Join(t.TempDir(), "before.json")
	if err := os.WriteFile(before, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := [][]string{
		{"version"}, {"--version"}, {"help"}, {"report", "--help"}, {"completion", "bash"}, {"rules"}, {"rules", "-o", "prometheusrule"},
		{"explain", "FluxStalled"}, {"explain", "cobaltcore_cluster_up"}, {"check-config", config}, {"report", config, "--watch"},
		{"snapshot", config, "--out=" + filepath.Join(t.TempDir(), "out")}, {"report", "diff", snapshotFleet, before},
	}
	for _, output := range outputFormats() {
		commands = append(commands, []string{"report", "--snapshot=" + snapshotFleet, "-o", output})
	}
	for _, args := range commands {
		var stderr strings.Builder
		cmd := program(args...)
		cmd.Stdout, cmd.Stderr = full, &stderr
		if code := exitCode(t, cmd.Run()); code != exitFailed || !strings.Contains(stderr.String(), "no space left on device") {
			t.Errorf("%v: exit code %d, want %d: %s", args, code, exitFailed, stderr.String())
		}
	}
}

// TestClosedPipe checks that a command whose reader has enough, such as head, ends by SIGPIPE and
// without a message.
func TestClosedPipe(t *testing.T) {
	for _, args := range [][]string{{"rules"}, {"report", "--snapshot=" + snapshotFleet, "-o", "json"}} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = read.Close()
		var stderr strings.Builder
		cmd := program(args...)
		cmd.Stdout, cmd.Stderr = write, &stderr
		err = cmd.Run()
		_ = write.Close()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGPIPE && !strings.Contains(stderr.String(), "error:") {
				continue
			}
		}
		t.Errorf("%v: %v, want SIGPIPE: %s", args, err, stderr.String())
	}
}
