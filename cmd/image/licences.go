// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec" //nolint:depguard // the go command knows where the sources are
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile matches the files of a module that have to go with its code.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([-.].*)?$`)

// licences returns the licence texts of everything that is linked into the binaries: their
// modules, as they are in the module cache, and Go itself.
func licences(binaries ...string) ([]file, error) {
	if len(binaries) == 0 {
		return nil, nil
	}
	env, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("licences: go env: %w", err)
	}
	where := strings.Fields(string(env))
	if len(where) != 2 {
		return nil, fmt.Errorf("licences: go env: %q", env)
	}
	directories := map[string]string{"go": where[0]}
	for _, binary := range binaries {
		info, err := buildinfo.ReadFile(binary)
		if err != nil {
			return nil, fmt.Errorf("%s is not a program of Go: %w", binary, err)
		}
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			module := m.Path + "@" + m.Version
			directories[module] = filepath.Join(where[1], escaped(module))
		}
	}
	var all []file
	for module, dir := range directories {
		texts, err := licencesIn(dir, module == "go")
		if err == nil && len(texts) == 0 {
			err = errors.New("there is none")
		}
		if err != nil {
			return nil, fmt.Errorf("licence of %s: %w", module, err)
		}
		for name, text := range texts {
			all = append(all, file{"usr/share/licenses/" + program + "/third-party/" + module + "/" + name, 0o644, text})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// licencesIn returns the licence texts in a directory by name, also those of its parts.
func licencesIn(dir string, shallow bool) (map[string][]byte, error) {
	texts := map[string][]byte{}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if path != "." && (shallow || d.Name() == "testdata" || d.Name() == "vendor") {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || !licenceFile.MatchString(d.Name()) || strings.HasSuffix(d.Name(), ".go"):
			return nil
		}
		texts[path], err = root.ReadFile(path)
		return err
	})
	return texts, err
}

// escaped returns the name of a module in the module cache: ! precedes a capital letter, as file
// systems may not distinguish them.
func escaped(module string) string {
	var b strings.Builder
	for _, c := range module {
		if 'A' <= c && c <= 'Z' {
			b.WriteByte('!')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
