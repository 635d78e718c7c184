// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// TestFrames reads lines of many lengths that arrive in parts of any size.
func TestFrames(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var want []string
	var text strings.Builder
	for _, length := range []int{1, 2, 511, 512, 513, 6000, 1, 2*largeFrame + 1, 3, 1023, 1024, 1, largeFrame, 5} {
		line := strings.Repeat(string(rune('a'+random.IntN(26))), length)
		want = append(want, line)
		text.WriteString(line + []string{"\n", "\r\n", "\n\n \n"}[random.IntN(3)])
	}
	want = append(want, "the last one has no end")
	text.WriteString(want[len(want)-1])
	for name, parts := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "halves": iotest.HalfReader, "with the error": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := frameReader{r: parts(strings.NewReader(text.String()))}
			var got []string
			for {
				line, err := f.frame()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(line))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if cap(f.buf) > 2*largeFrame {
				t.Errorf("a buffer of %d bytes is kept", cap(f.buf))
			}
		})
	}
}

// TestFramesOfABrokenStream checks that an incomplete line is not an event, unless the stream ends.
func TestFramesOfABrokenStream(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	f := frameReader{r: io.MultiReader(strings.NewReader("one\ntw"), iotest.ErrReader(broken))}
	if line, err := f.frame(); string(line) != "one" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	for range 2 {
		if line, err := f.frame(); line != nil || !errors.Is(err, broken) {
			t.Errorf("%q, %v", line, err)
		}
	}
	f = frameReader{r: iotest.OneByteReader(strings.NewReader("a\nb\n"))}
	for _, want := range []string{"a", "b", ""} {
		if line, _ := f.frame(); string(line) != want {
			t.Errorf("%q, not %q", line, want)
		}
	}
}

// TestFramesOfABusyStream checks that many waiting events are read at once, and that the large buffer is dropped
// afterwards.
func TestFramesOfABusyStream(t *testing.T) {
	t.Parallel()
	event := strings.Repeat("x", 6000) + "\n"
	var alone []io.Reader
	for range idleReads + 2 {
		alone = append(alone, strings.NewReader(event))
	}
	const waiting = 1000
	r := &countingReader{Reader: io.MultiReader(append([]io.Reader{strings.NewReader(strings.Repeat(event, waiting))}, alone...)...)}
	f := frameReader{r: r}
	for i := range waiting + len(alone) {
		if line, err := f.frame(); len(line) != len(event)-1 || err != nil {
			t.Fatalf("event %d: %d bytes, %v", i, len(line), err)
		}
		if i == waiting-1 && (cap(f.buf) != busyFrame || r.reads > waiting*len(event)/busyFrame+20) {
			t.Errorf("%d reads, a buffer of %d bytes", r.reads, cap(f.buf))
		}
	}
	if cap(f.buf) >= busyFrame {
		t.Errorf("a buffer of %d bytes is kept", cap(f.buf))
	}
}

// TestShrink checks that the buffer of a burst is dropped when all of it was returned, and not before.
func TestShrink(t *testing.T) {
	t.Parallel()
	event := strings.Repeat("x", 6000) + "\n"
	f := frameReader{r: io.MultiReader(strings.NewReader(strings.Repeat(event, 100)), strings.NewReader(event))}
	for i := range 101 {
		if line, err := f.frame(); len(line) != len(event)-1 || err != nil {
			t.Fatalf("event %d: %d bytes, %v", i, len(line), err)
		}
		f.shrink()
		if last := i >= 99; last != (cap(f.buf) == smallFrame) {
			t.Fatalf("event %d: a buffer of %d bytes", i, cap(f.buf))
		}
	}
}

// countingReader counts reads.
type countingReader struct {
	io.Reader

	reads int
}

func (r *countingReader) Read(p []byte) (int, error) {
	r.reads++
	return r.Reader.Read(p)
}

// countedBody counts the objects that begin.
type countedBody struct {
	io.Reader

	objects int
}

func (b *countedBody) BeginObject() { b.objects++ }

// TestFramesBeginObjects checks that a body counts the bytes of one object, not of all events of a stream.
func TestFramesBeginObjects(t *testing.T) {
	body := &countedBody{Reader: strings.NewReader("1\n2\n3\n")}
	f := frameReader{r: body}
	for range 3 {
		if _, err := f.frame(); err != nil {
			t.Fatal(err)
		}
	}
	if body.objects != 3 {
		t.Errorf("%d objects begun, want 3", body.objects)
	}
}
