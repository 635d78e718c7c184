// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command tools builds the servers of the tests that the cache does not have.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

func main() {
	without := flag.String("without", "", "a tool that is not needed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, name := range testbed.ToolNames() {
		if name == *without {
			continue
		}
		began := time.Now()
		path, err := testbed.Tool(ctx, name)
		if err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		if took := time.Since(began); took > time.Second {
			fmt.Printf("%s built in %s\n", path, took.Round(time.Second))
		}
	}
}
