// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// flood is what a server writes after a request in a stream.
type flood struct {
	first frame // may be nil
	next  frame // again and again; the connection ends without it
}

type frame func(f *http2.Framer, stream uint32) error

// frames are floods of HTTP/2 frames by API servers, an OpenBao, an Aurora with its Keystone and an
// Alertmanager.
func frames() []attack {
	with := func(name string, read bool, floods ...flood) attack {
		return attack{name: "all servers: HTTP/2 " + name, prepare: func(*site) {}, begin: func(s *site) { s.serveFrames(floods, read) }}
	}
	return []attack{
		with("PING, SETTINGS, PRIORITY and unknown frames without an end", true, controlFrames()...),
		with("PING and SETTINGS without an end, whose answers are not read", false, controlFrames()...),
		with("empty DATA frames and window updates without an end", true, dataFrames()...),
		with("headers without an end: CONTINUATION, 1xx and trailers", true, headerFrames()...),
		with("GOAWAY, RST_STREAM and PUSH_PROMISE for each request", true, refusals()...),
	}
}

// serveFrames loads a configuration whose servers send one of the floods in each connection.
func (s *site) serveFrames(floods []flood, read bool) {
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: s.good.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		s.Fatal(err)
	}
	var sent, connections atomic.Int64
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = c.Close() }()
				sent.Add(sendFrames(c, floods[connections.Add(1)%int64(len(floods))], read))
				s.recordResult("%d frames in %d connections", sent.Load(), connections.Load())
			})
		}
	})
	s.Cleanup(func() { _ = l.Close(); serving.Wait() })
	s.recordResult("connections are accepted")
	s.replaceServers("https://"+l.Addr().String(), 4)
}

// sendFrames waits for a request and then writes a flood until the connection ends, or for 20 seconds.
func sendFrames(c net.Conn, flood flood, read bool) (sent int64) {
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	out := bufio.NewWriterSize(c, 16<<10)
	f := http2.NewFramer(out, c)
	if _, err := io.CopyN(io.Discard, c, int64(len(http2.ClientPreface))); err != nil || f.WriteSettings() != nil || out.Flush() != nil {
		return 0
	}
	stream := uint32(0)
	for stream == 0 {
		frame, err := f.ReadFrame()
		if err != nil {
			return 0
		}
		if frame.Header().Type == http2.FrameHeaders {
			stream = frame.Header().StreamID
		}
	}
	if read {
		go func() { _, _ = io.Copy(io.Discard, c) }()
	}
	if flood.first != nil {
		_ = flood.first(f, stream)
		sent++
	}
	for flood.next != nil && flood.next(f, stream) == nil {
		sent++
	}
	_ = out.Flush()
	return sent
}

func controlFrames() []flood {
	return []flood{
		{next: func(f *http2.Framer, _ uint32) error { return f.WritePing(false, [8]byte{}) }},
		{next: func(f *http2.Framer, _ uint32) error { return f.WriteSettings() }},
		{next: func(f *http2.Framer, _ uint32) error {
			return f.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0},
				http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		}},
		{next: func(f *http2.Framer, stream uint32) error {
			return f.WritePriority(stream, http2.PriorityParam{Weight: 1})
		}},
		{next: func(f *http2.Framer, stream uint32) error {
			return f.WriteRawFrame(0xf0, 0xff, stream, make([]byte, 100))
		}},
	}
}

func dataFrames() []flood {
	begin := header(true, 0x88)
	return []flood{
		{begin, func(f *http2.Framer, stream uint32) error { return f.WriteData(stream, false, nil) }},
		{begin, func(f *http2.Framer, stream uint32) error {
			return f.WriteDataPadded(stream, false, nil, make([]byte, 200))
		}},
		{next: func(f *http2.Framer, stream uint32) error { return f.WriteData(stream, false, nil) }}, // before the header
		{next: func(f *http2.Framer, _ uint32) error { return f.WriteWindowUpdate(0, 1) }},
		{next: func(f *http2.Framer, stream uint32) error { return f.WriteWindowUpdate(stream, 1<<31-1) }},
	}
}

func headerFrames() []flood {
	field := append([]byte{0x00, 3, 'x', '-', 'a', 100}, bytes.Repeat([]byte("y"), 100)...)
	return []flood{
		{header(false, 0x88), func(f *http2.Framer, stream uint32) error { return f.WriteContinuation(stream, false, field) }},
		{header(false, 0x88), func(f *http2.Framer, stream uint32) error { return f.WriteContinuation(stream, false, nil) }},
		{next: header(true, 0x08, 3, '1', '0', '3')},
		{header(true, 0x88), header(true, field...)},
	}
}

// refusals end connections or streams at once, so that the client may try again.
func refusals() []flood {
	return []flood{
		{first: func(f *http2.Framer, _ uint32) error { return f.WriteGoAway(0, http2.ErrCodeNo, nil) }},
		{first: func(f *http2.Framer, _ uint32) error {
			return f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, make([]byte, 10_000))
		}},
		{next: func(f *http2.Framer, _ uint32) error {
			return f.WriteGoAway(1<<31-1, http2.ErrCodeNo, make([]byte, 10_000))
		}},
		{first: func(f *http2.Framer, stream uint32) error {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
		}},
		{next: func(f *http2.Framer, stream uint32) error {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
		}},
		{next: func(f *http2.Framer, stream uint32) error {
			return f.WritePushPromise(http2.PushPromiseParam{StreamID: stream, PromiseID: 2, BlockFragment: requestBlock(), EndHeaders: true})
		}},
	}
}

// header writes fields in HPACK: 0x88 is the status 200.
func header(end bool, fields ...byte) frame {
	return func(f *http2.Framer, stream uint32) error {
		return f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: fields, EndHeaders: end})
	}
}
