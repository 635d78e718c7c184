//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// imageUser is the user and the group of the image.
const imageUser = "65532"

// sandbox runs an unpacked image like a container runtime: with only the files of the image, read-only, the snapshot
// fleet mounted at /fleet, and an unprivileged user. It shares the network of the machine.
type sandbox struct {
	root, fleet string
	// rootless is whether the test itself has no rights: then it is root of a user namespace, without
	// rights outside.
	rootless bool
}

// enter mounts and changes into the root $1, with $2 at /fleet and the option $3 if there is one, and
// runs the remaining arguments.
const enter = `set -e
mount --bind "$1" "$1"
mount --bind "$2" "$1/fleet"
mount -o remount,bind,ro "$1/fleet"
mount -o remount,bind,ro "$1"
root=$1; user=$3; shift 3
cd "$root"
exec chroot $user "$root" "$@"
`

func newSandbox(t *testing.T, root string) *sandbox {
	t.Helper()
	repository, err := testbed.RepoRoot()
	harness.Must(t, err)
	s := &sandbox{root: root, fleet: filepath.Join(repository, "test", "fleet"), rootless: os.Getuid() != 0}
	harness.Must(t, os.Mkdir(filepath.Join(root, "fleet"), 0o755)) // where something is to be mounted
	if s.rootless {
		if out, err := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--mount", "true").CombinedOutput(); err != nil {
			t.Skipf("without root, user namespaces are needed to make a root file system read-only, and they are not allowed here: %v: %s", err, out)
		}
	}
	return s
}

// arguments are those of unshare.
func (s *sandbox) arguments(command []string) []string {
	args, user := []string{"--mount", "--propagation", "private"}, "--userspec="+imageUser+":"+imageUser
	if s.rootless {
		args, user = append(args, "--map-root-user"), ""
	}
	return append(append(args, "sh", "-c", enter, "sh", s.root, s.fleet, user), command...)
}

// run returns the output of a command.
func (s *sandbox) run(t *testing.T, command ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "unshare", s.arguments(command)...).CombinedOutput()
	return string(out), err
}

// start runs a command until the test ends.
func (s *sandbox) start(t *testing.T, command ...string) *testbed.Process {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	harness.Must(t, err)
	p, err := testbed.Start(harness.WithoutCancel(t), t.TempDir(), testbed.Command{Name: "image", Path: unshare, Args: s.arguments(command)})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	return p
}

// checkRights checks the capabilities and the user of a process in the sandbox.
func (s *sandbox) checkRights(t *testing.T, pid int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	harness.Must(t, err)
	wanted := []string{`(?m)^Uid:\t65532\t65532\t65532\t65532$`, `(?m)^Gid:\t65532\t65532\t65532\t65532$`, `(?m)^CapEff:\t0+$`, `(?m)^CapPrm:\t0+$`}
	if s.rootless {
		wanted = []string{`(?m)^Uid:\t[1-9]`}
	}
	for _, pattern := range wanted {
		if !regexp.MustCompile(pattern).Match(status) {
			t.Errorf("the exporter's process is not %s:\n%s", pattern, status)
		}
	}
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	harness.Must(t, err)
	for _, mount := range []string{" / ro", " /fleet ro"} {
		if !strings.Contains(string(mounts), mount) {
			t.Errorf("mounts lack %q:\n%s", mount, mounts)
		}
	}
}
