// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"go.uber.org/goleak"
)

// addFaultToxics adds what a fault does to connections to a proxy that has not started.
func addFaultToxics(to *toxiproxy.ToxicCollection, now func() Fault, closed <-chan struct{}, f Fault) error {
	toxics.Register("hold", new(holdToxic))
	for direction, delay := range map[string]time.Duration{"upstream": 0, "downstream": faultLatency} {
		added, err := addToxic(to, "hold", direction, fmt.Sprintf(`{"Delay": %d}`, delay), 1)
		if err != nil {
			return err
		}
		hold, ok := added.Toxic.(*holdToxic)
		if !ok {
			return fmt.Errorf("toxic hold is a %T", added.Toxic)
		}
		hold.now, hold.closed = now, closed
	}
	if f != Reset {
		return nil
	}
	// A toxic of this type makes connections end with RST; alone it would drop their first bytes.
	if _, err := addToxic(to, "reset_peer", "downstream", `{"timeout": 0}`, 0); err != nil {
		return err
	}
	_, err := addToxic(to, "limit_data", "downstream", `{"bytes": 1400}`, 1)
	return err
}

func addToxic(to *toxiproxy.ToxicCollection, name, direction, attributes string, toxicity int) (*toxics.ToxicWrapper, error) {
	text := fmt.Sprintf(`{"type": %q, "stream": %q, "toxicity": %d, "attributes": %s}`, name, direction, toxicity, attributes)
	return to.AddToxicJson(strings.NewReader(text))
}

// holdToxic drops or delays what passes while the fault is BlackHole or Latency.
type holdToxic struct {
	Delay time.Duration // while the fault is Latency

	now    func() Fault
	closed <-chan struct{} // closed with the port
}

// Pipe implements [toxics.Toxic].
func (h *holdToxic) Pipe(stub *toxics.ToxicStub) {
	dropping := false
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			// A stream with a gap does not continue when the fault is gone.
			dropping = dropping || h.now() == BlackHole || !h.pass(chunk, stub.Output)
		}
	}
}

// pass reports whether it has written the chunk before the port was closed.
func (h *holdToxic) pass(chunk *stream.StreamChunk, to chan<- *stream.StreamChunk) bool {
	if h.now() == Latency {
		select {
		case <-h.closed:
			return false
		case <-time.After(time.Until(chunk.Timestamp.Add(h.Delay))):
		}
	}
	select {
	case <-h.closed:
		return false
	case to <- chunk:
		return true
	}
}

// IgnoredLeaks are the goroutines of toxiproxy that it abandons with a connection that it has cut.
func IgnoredLeaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	}
}
