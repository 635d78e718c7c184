// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// checkedOutput is standard output. It keeps the first error of a write, which no command has to return.
type checkedOutput struct {
	io.Writer

	failure error
}

func (o *checkedOutput) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.failure == nil {
		o.failure = err
	}
	return n, err
}

// unchecked returns the writer below a checkedOutput.
func unchecked(w io.Writer) io.Writer {
	if o, ok := w.(*checkedOutput); ok {
		return o.Writer
	}
	return w
}

// flagError adds the flag that was probably meant, and where the flags are listed.
func flagError(c *cobra.Command, err error) error {
	meant := ""
	if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		meant = config.DidYouMean(unknown.GetSpecifiedName(), names)
	}
	return fmt.Errorf("%w%s (%s --help lists the flags)", err, meant, c.CommandPath())
}

// noArgs refuses arguments that are no flags.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unexpected argument %q%s (%s --help lists the arguments)", args[0],
		config.DidYouMean(args[0], subcommands(c)), c.CommandPath())
}

// exactArgs requires n arguments, whose names are those of the synopsis.
func exactArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		_, names, _ := strings.Cut(c.Use, " ")
		return fmt.Errorf("%d arguments, but %s needs %s (see --help)", len(args), c.CommandPath(), names)
	}
}

func subcommands(c *cobra.Command) (names []string) {
	for _, s := range c.Commands() {
		names = append(names, s.Name())
	}
	return names
}
