// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command release-check compares all versions: those of the chart, the plugin, the examples, the
// changelog and the binary, whose "version" it reads. With -tag, it checks a release of that tag. It
// is run from the root of the repository, by make release-check.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, binary io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("release-check", flag.ContinueOnError)
	tag := flags.String("tag", "", "the tag of a release, such as v1.2.3")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := io.ReadAll(binary)
	if err != nil {
		return err
	}
	version, found, err := check(os.DirFS("."), string(text), *tag)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return errors.Join(found...)
	}
	_, err = fmt.Fprintln(out, version)
	return err
}
