// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	firstPause   = 50 * time.Millisecond  // of Poll
	longestPause = 250 * time.Millisecond // of Poll
	stopDeadline = 15 * time.Second       // from SIGTERM to SIGKILL
	logLines     = 25                     // of a log in an error
)

// Command describes a process to start.
type Command struct {
	Name string // names the process in errors and its log, NAME.log
	Path string
	Args []string
	Env  []string // in addition to the environment of this process, KEY=value
	// Abrupt makes Stop kill the process. It is used for kube-apiserver, which after SIGTERM waits for the watches of its
	// clients, and has no state to lose.
	Abrupt bool
}

// Process is a running server.
type Process struct {
	name, log string
	abrupt    bool
	pid       int
	cancel    context.CancelFunc
	done      chan struct{} // closed when the process has ended and has been waited for

	// The result of the process, which may be read after done is closed.
	state *os.ProcessState
	early bool // the process ended before Stop
}

// Start starts a process in a new process group, and appends its output to NAME.log in dir. Stop or the end of ctx ends it with SIGTERM,
// and after 15 s with SIGKILL. It is also killed when this process dies.
func Start(ctx context.Context, dir string, c Command) (*Process, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	p := &Process{name: c.Name, log: filepath.Join(dir, c.Name+".log"), abrupt: c.Abrupt, done: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	ctx, p.cancel = context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.Env = append(cmd.Environ(), c.Env...)
	cmd.SysProcAttr = processAttributes()
	cmd.Cancel = func() error {
		if c.Abrupt {
			return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		return errors.Join(
			syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM),
			syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT)) // a test may have stopped it
	}
	cmd.WaitDelay = stopDeadline

	started := make(chan error, 1)
	go func() {
		// The kernel kills the child when the thread that started it ends; this keeps the thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		defer log.Close()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		_ = cmd.Wait() // the state has the result
		p.state, p.early = cmd.ProcessState, ctx.Err() == nil
	}()
	if err := <-started; err != nil {
		p.cancel()
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	return p, nil
}

// Stop ends the process and waits for its end. It returns an error if the process had already ended or had to be killed. It does nothing
// if the process is nil.
func (p *Process) Stop() error {
	if p == nil {
		return nil
	}
	p.cancel()
	<-p.done
	if p.early {
		return p.exitError()
	}
	if status, ok := p.state.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL && !p.abrupt {
		return fmt.Errorf("%s did not end within %s of SIGTERM and was killed; end of its log:\n%s", p.name, stopDeadline, p.LogTail())
	}
	return nil
}

func (p *Process) exitError() error {
	return fmt.Errorf("%s ended by itself: %s; end of its log:\n%s", p.name, p.state, p.LogTail())
}

// stopAfter stops the process because of err.
func stopAfter(err error, p *Process) error {
	if stopErr := p.Stop(); stopErr != nil && !p.early { // err already reports an early end
		err = errors.Join(err, stopErr)
	}
	return fmt.Errorf("testbed: %w", err)
}

// PID returns the process id.
func (p *Process) PID() int { return p.pid }

// Log returns the path of the file with the output of the process.
func (p *Process) Log() string { return p.log }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal sends a signal to the process, for example SIGSTOP to make it hang.
func (p *Process) Signal(s syscall.Signal) error {
	select {
	case <-p.done: // its id may already belong to another process
		return fmt.Errorf("signal %s: %w", p.name, os.ErrProcessDone)
	default:
		return syscall.Kill(p.pid, s)
	}
}

// LogTail returns the last lines of the process's log.
func (p *Process) LogTail() string {
	f, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		// A seek error means a short log, which is then read from its beginning.
		_, _ = f.Seek(max(0, info.Size()-16<<10), io.SeekStart)
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return lastLines(string(content), logLines)
}

// WaitReady waits until check returns nil, at most for timeout and until the process ends. The error contains the last error of check and
// the end of the log.
func (p *Process) WaitReady(ctx context.Context, timeout time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.done:
			cancel(fmt.Errorf("it ended: %s", p.state))
		case <-ctx.Done():
		}
	}()
	if err := Poll(ctx, timeout, check); err != nil {
		return fmt.Errorf("%s is not ready: %w; end of its log:\n%s", p.name, err, p.LogTail())
	}
	return nil
}

// Poll calls check until it returns nil. The pauses grow, because a check may scrape and parse everything. After timeout or the end of ctx,
// it returns an error that wraps the cause and the last error of check.
func Poll(ctx context.Context, timeout time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("not within %s", timeout))
	defer cancel()
	pause := time.NewTimer(firstPause)
	defer pause.Stop()
	var last error
	for wait := firstPause; ; wait = min(wait+wait/2, longestPause) {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil { // later errors are only about the end of the context
			last = err
		}
		pause.Reset(wait)
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), last)
		case <-pause.C:
		}
	}
}

// httpOK asks for url and returns an error unless the answer is 200.
func httpOK(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", url, resp.Status, lastLines(string(body), 5))
	}
	return nil
}

// plainClient returns a client without idle connections, so that goroutines end with their request.
func plainClient() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}
