// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// CPUs of etcd, the API server and this program, and of the subject.
const (
	driverCPU  = "0"
	subjectCPU = "1"
)

// pinnable reports whether subject and driver can have separate CPUs.
func pinnable() bool { return runtime.NumCPU() > 1 }

// pin moves all threads of a process to a CPU. The Go runtime adapts GOMAXPROCS by itself.
func pin(ctx context.Context, pid int, cpu string) error {
	if !pinnable() {
		return nil
	}
	for range 3 { // a thread may be created while taskset runs
		out, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", cpu, strconv.Itoa(pid)).CombinedOutput()
		if err != nil {
			return fmt.Errorf("pin process %d to CPU %s: %w: %s", pid, cpu, err, out)
		}
	}
	return nil
}

// pinCommand makes a command run on a CPU alone, with one P.
func pinCommand(c testbed.Command, cpu string) (testbed.Command, error) {
	c.Env = append(c.Env, "GOMAXPROCS=1")
	if !pinnable() {
		return c, nil
	}
	taskset, err := exec.LookPath("taskset") // it executes the command in its own process
	if err != nil {
		return c, fmt.Errorf("taskset of util-linux is needed: %w", err)
	}
	c.Args = append([]string{"-c", cpu, c.Path}, c.Args...)
	c.Path = taskset
	return c, nil
}

// cpuTime returns the CPU time of a process in seconds, from schedstat, which is finer
// than the clock ticks of stat. Threads that have ended are missing; a Go program keeps its own.
func cpuTime(pid int) (float64, error) {
	tasks := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(tasks)
	if err != nil {
		return 0, fmt.Errorf("CPU time: %w", err)
	}
	var sum time.Duration
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(tasks, e.Name(), "schedstat"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("CPU time: %w", err)
		}
		first, _, _ := strings.Cut(string(data), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU time: %w", err)
		}
		sum += time.Duration(ns)
	}
	return sum.Seconds(), nil
}
