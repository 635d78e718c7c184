// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command prose-check counts words that plain operations English avoids, and long lines, in the
// comments, the user-facing texts and the pages of the repository, and fails above the limits.
// With -list, it prints each place. It is run from the root of the repository, by make lint.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("prose-check", flag.ContinueOnError)
	list := flags.Bool("list", false, "print each place that is counted")
	if err := flags.Parse(args); err != nil {
		return err
	}
	found, err := check(os.DirFS("."))
	if err != nil {
		return err
	}
	var exceeded []error
	for _, c := range found {
		if err := c.print(out, *list); err != nil {
			return err
		}
		if c.rate() > c.limit {
			exceeded = append(exceeded, fmt.Errorf("%s: %.1f is above the limit of %g; run prose-check -list and rewrite the sentences", c.title(), c.rate(), c.limit))
		}
	}
	return errors.Join(exceeded...)
}
