// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// DebianProgram returns the path of a program, such as a browser, and installs the Debian package
// of the same name if it is missing.
func DebianProgram(ctx context.Context, program string) (string, error) {
	dir, unlock, err := lockTool(ctx, "debian")
	if err != nil {
		return "", err
	}
	defer unlock()
	out, err := runProgram(ctx, dir, filepath.Join(dir, "install"), program)
	if err != nil {
		return "", fmt.Errorf("testbed: %w", err)
	}
	return strings.TrimSpace(out), nil
}

// lockTool returns a directory under test/tools and locks it for one process at a time.
func lockTool(ctx context.Context, tool string) (dir string, unlock func(), err error) {
	if dir, err = moduleDirectory(tool); err != nil {
		return "", nil, err
	}
	cache, err := cacheDirectory()
	if err != nil {
		return "", nil, err
	}
	unlock, err = lockFile(ctx, filepath.Join(cache, tool+".lock"))
	return dir, unlock, err
}

// runProgram runs a program and returns its output.
func runProgram(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			out = append(bytes.TrimSpace(out), exit.Stderr...)
		}
		return "", fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, lastLines(string(out), 30))
	}
	return string(out), nil
}
