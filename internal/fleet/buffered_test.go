// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// TestBufferedObjects checks that incomplete objects are limited together, for one client and for all clients, and that
// small objects can be read even if the limit is reached.
func TestBufferedObjects(t *testing.T) {
	t.Parallel()
	all := NewBuffers()
	body := func(s *share, size int) io.ReadCloser {
		return s.body(t.Context(), io.NopCloser(strings.NewReader(strings.Repeat(" ", size))))
	}
	var open []io.ReadCloser
	for range 20 { // clients that read as much as possible
		s := &share{whole: all}
		for range 3 {
			b := body(s, MaxObject)
			if _, err := io.ReadAll(b); err != nil && !errors.Is(err, failure.ErrTooLarge) {
				t.Fatal(err)
			}
			b.(*bufferedBody).endDecoding()
			open = append(open, b)
		}
		if s.used > maxClientBuffered {
			t.Errorf("a client buffers %d bytes", s.used)
		}
	}
	if all.all > all.limit || all.all < all.limit/2 {
		t.Errorf("%d bytes are buffered of %d", all.all, all.limit)
	}
	other := &share{whole: all}
	if _, err := io.ReadAll(body(other, smallObject)); err != nil {
		t.Errorf("a small object: %v", err)
	}
	list := other.body(t.Context(), io.NopCloser(strings.NewReader(`{"metadata":{"resourceVersion":"1"},"items":[`+
		strings.Repeat(`{"a":"`+strings.Repeat("x", 1000)+`"},`, 1e4)+`{}]}`)))
	if _, err := ReadList(list, MaxList, func([]byte) error { return nil }); err != nil {
		t.Errorf("a list of small objects: %v", err)
	}
	for _, b := range append(open, list) {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if all.all != 0 || other.used != 0 {
		t.Errorf("%d bytes are buffered of bodies that are closed", all.all)
	}
	if _, err := io.ReadAll(body(other, MaxObject)); err != nil {
		t.Errorf("a large object: %v", err)
	}
}

// TestLongBodies checks that only buffered bytes count, not decoded objects or bodies that are decoded line by line.
func TestLongBodies(t *testing.T) {
	t.Parallel()
	object := `{"a":"` + strings.Repeat("x", 100<<10) + `"},`
	c, _ := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"kind":"PodList","items":[`)
		for range 2 * maxClientBuffered / len(object) {
			_, _ = io.WriteString(w, object)
		}
		_, _ = io.WriteString(w, `{}]}`)
	})
	answer, err := c.Do(t.Context(), Request{Path: "/metrics"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Errorf("a long answer: %v", err)
	}
	list, err := c.Stream(t.Context(), Request{Path: "/api/v1/pods"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = list.Close() }()
	if _, err := ReadList(list, MaxPage, func([]byte) error { return nil }); err != nil {
		t.Errorf("a long list: %v", err)
	}
	if c.share.used > MaxObject {
		t.Errorf("%d bytes are held at the end of the list", c.share.used)
	}
}

// TestDecodingIsLimited checks that a body waits while as many others are decoded as there are processors, that bodies
// which wait for their servers do not count, and that closing a body lets the next one begin.
func TestDecodingIsLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := NewBuffers()
		ctx, cancel := context.WithCancel(t.Context())
		next := func() (io.ReadCloser, chan error) {
			reader, writer := io.Pipe()
			body := (&share{whole: all}).body(ctx, reader)
			read := make(chan error, 1)
			go func() {
				_, err := body.Read(make([]byte, 1))
				read <- err
			}()
			go func() { _, _ = writer.Write([]byte("x")) }()
			return body, read
		}
		slow, readOfSlow := next()
		if err := <-readOfSlow; err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = slow.Read(make([]byte, 1)) }() // waits for its server
		synctest.Wait()
		var decoded []io.ReadCloser
		for range runtime.GOMAXPROCS(0) {
			body, read := next()
			if err := <-read; err != nil {
				t.Fatal(err)
			}
			decoded = append(decoded, body)
		}
		waiting, read := next()
		given, readOfGiven := next()
		synctest.Wait()
		if len(read) > 0 || len(readOfGiven) > 0 {
			t.Error("more bodies are decoded than there are processors")
		}
		_ = given.Close() // while it waits
		if err := <-readOfGiven; err != nil {
			t.Error(err)
		}
		_ = decoded[0].Close()
		if err := <-read; err != nil {
			t.Error(err)
		}
		stopped, readOfStopped := next()
		synctest.Wait()
		cancel() // while it waits
		if err := <-readOfStopped; err != nil {
			t.Error(err)
		}
		for _, body := range append(decoded, waiting, slow, stopped) {
			_ = body.Close()
		}
		synctest.Wait()
		if len(all.decoding) > 0 {
			t.Errorf("%d closed bodies are decoded", len(all.decoding))
		}
	})
}
