// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package testutil provides helpers for all tests. It imports no other package of the project, so
// that every package can use it.
package testutil

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// Deadline is the maximum time for which a test waits for a condition.
	Deadline = 60 * time.Second

	pollInterval = 5 * time.Millisecond
)

// Failer is a test, benchmark or script that Eventually can fail.
type Failer interface {
	Fatalf(format string, args ...any)
}

// Eventually polls a condition until it is true, and ends the test after Deadline with
// the state that the last poll returned.
func Eventually(t Failer, poll func() (ok bool, state string)) {
	if t, ok := t.(interface{ Helper() }); ok {
		t.Helper()
	}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for end := time.Now().Add(Deadline); ; <-tick.C {
		ok, state := poll()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", Deadline, state)
		}
	}
}

// Until polls a condition until it is true. name names the condition in the failure.
func Until(t Failer, name string, condition func() bool) {
	if t, ok := t.(interface{ Helper() }); ok {
		t.Helper()
	}
	Eventually(t, func() (bool, string) { return condition(), name })
}

// RepoRoot returns the directory of the repository: the nearest one, from the working
// directory upwards, that has a test/tools directory.
func RepoRoot() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, "go.mod")) && exists(filepath.Join(dir, "test", "tools")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the repository: no go.mod with test/tools beside it", wd)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
