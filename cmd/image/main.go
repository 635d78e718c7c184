// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command image makes an OCI image of the exporter, for several platforms, from
// binaries that were built before. It needs no daemon and no base image. The same
// binaries give the same digest. It is a module of its own, so that the exporter does
// not depend on what it needs.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

const usage = `image build -out DIR -version V [-revision SHA] [-licence FILE] [-sboms DIR] BINARY...
image files [-licence FILE] [-binary FILE] DIR
image push -from DIR REFERENCE...`

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("usage:\n%s", usage)
	}
	switch args[0] {
	case "build":
		return runBuild(args[1:], out)
	case "files":
		return runFiles(args[1:])
	case "push":
		return runPush(ctx, args[1:], out)
	}
	return fmt.Errorf("there is no command %q, only:\n%s", args[0], usage)
}

func runBuild(args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	dir := flags.String("out", "", "the directory of the OCI layout, which is replaced")
	sboms := flags.String("sboms", "", "a directory for the bills of materials, beside those in the image")
	flags.StringVar(&o.Version, "version", "", "the version of the exporter")
	flags.StringVar(&o.Revision, "revision", "", "the commit")
	flags.StringVar(&o.Licence, "licence", "", "a file with the text of the licence, for the image")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" || o.Version == "" || flags.NArg() == 0 {
		return fmt.Errorf("usage:\n%s", usage)
	}
	var err error
	if o.Time, err = sourceDate(os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		return err
	}
	o.Binaries = flags.Args()
	image, err := build(o)
	if err != nil {
		return err
	}
	if err := image.write(*dir); err != nil {
		return err
	}
	if *sboms != "" {
		if err := image.writeSBOMs(*sboms); err != nil {
			return err
		}
	}
	digest, err := image.Index.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, digest)
	return err
}

// runFiles writes the files of the image beside the program, for the Dockerfile.
func runFiles(args []string) error {
	flags := flag.NewFlagSet("files", flag.ContinueOnError)
	licence := flags.String("licence", "", "a file with the text of the licence")
	binary := flags.String("binary", "", "the program, for the licences of its modules")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("usage:\n%s", usage)
	}
	var binaries []string
	if *binary != "" {
		binaries = append(binaries, *binary)
	}
	files, err := baseFiles(*licence, binaries...)
	if err != nil {
		return err
	}
	return writeFiles(flags.Arg(0), files)
}

// sourceDate returns the time of all files in the image, which is the time of the commit; see
// https://reproducible-builds.org/specs/source-date-epoch.
func sourceDate(epoch string) (time.Time, error) {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: the seconds of the commit are needed, so that the image can be built again: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func runPush(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("push", flag.ContinueOnError)
	dir := flags.String("from", "", "the directory of the OCI layout")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" || flags.NArg() == 0 {
		return fmt.Errorf("usage:\n%s", usage)
	}
	for _, reference := range flags.Args() {
		pushed, err := push(*dir, reference, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
		if err != nil {
			return fmt.Errorf("push to %s: %w", reference, err)
		}
		if _, err := fmt.Fprintln(out, pushed); err != nil {
			return err
		}
	}
	return nil
}
