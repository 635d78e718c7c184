// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// files are files of the configuration that are replaced by something that cannot be read.
func files() []attack {
	return []attack{
		{
			name: "file: the kubeconfig becomes a pipe", short: true, prepare: func(*site) {},
			begin: func(s *site) { s.replace("evil.kubeconfig", "a pipe") },
		},
		{
			name: "file: the kubeconfig becomes `/dev/zero`", prepare: func(*site) {},
			begin: func(s *site) { s.replace("evil.kubeconfig", "a device") },
		},
		{
			name: "file: the rules become a pipe", prepare: rules, begin: func(s *site) { s.replace("rules.yaml", "a pipe") },
		},
		{
			name: "file: the rules become a file of 1 GiB", prepare: rules, begin: func(s *site) { s.replace("rules.yaml", "1 GiB") },
		},
		{
			name: "file: the configuration becomes `/dev/zero`", prepare: func(*site) {}, begin: func(s *site) { s.replace("fleet.yaml", "a device") },
		},
	}
}

func rules(s *site) {
	s.write("rules.yaml", "groups: [{name: g, rules: [{alert: A, expr: 'vector(1) > 2'}]}]\n")
	_, _ = fmt.Fprintf(&s.config, "rules: {files: [rules.yaml]}\n")
}

// replace replaces a file by a link to one that cannot be read, and has it read.
func (s *site) replace(name, kind string) {
	path := testutil.HostileFiles(s.T)[kind]
	if err := first(os.Symlink(path, s.file(name+".new")), os.Rename(s.file(name+".new"), s.file(name))); err != nil {
		s.Fatal(err)
	}
	s.loop(1, func(int) {
		if err := s.exporter.Signal(syscall.SIGHUP); err == nil {
			s.recordResult("what was loaded before is served")
		}
		s.sleep(2 * time.Second)
	})
}
