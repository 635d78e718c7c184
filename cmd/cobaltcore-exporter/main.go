// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command cobaltcore-exporter watches the management plane of a CobaltCore fleet and serves its
// state as Prometheus metrics.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/prometheus/common/version"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/cli"
)

func main() {
	ctx, stop := cli.NotifyContext(context.Background())
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	if info, ok := debug.ReadBuildInfo(); ok && version.Version == "" { // go install does not set linker flags
		version.Version = info.Main.Version
	}
	code := cli.Main(ctx, os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr, Reload: reload})
	stop()
	os.Exit(code)
}
