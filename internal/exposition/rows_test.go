// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	testInfo  = &Family{Name: "test_info", Type: Gauge, Help: "A test.", Labels: []string{"cluster", "name", "uid"}}
	testValue = &Family{Name: "test_value", Type: Gauge, Help: "A test.", Labels: []string{"cluster", "name"}}
	testCount = &Family{Name: "test_total", Type: Counter, Help: "A test.", Labels: []string{"cluster", "name"}}
	testBare  = &Family{Name: "test_bare", Type: Gauge, Help: "A test."}
)

func testExposition(t testing.TB, o Options) *Exposition {
	t.Helper()
	e, err := New(o, testInfo, testValue, testCount, testBare)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func testGroup(t testing.TB, o Options) (*Exposition, *Group) {
	t.Helper()
	e := testExposition(t, o)
	return e, e.serve(Key{Cluster: "east", Collector: "test", Kind: "Thing"}, testInfo, testValue, testCount, testBare)
}

// serve creates a group that is served.
func (e *Exposition) serve(key Key, families ...*Family) *Group {
	g := e.Group(key, families)
	e.Swap(nil, []*Group{g})
	return g
}

// text returns the body without the headers of the families.
func (e *Exposition) text() string {
	var b strings.Builder
	for _, rows := range e.collectRows(e.layout.Load(), formatText, func(Key) bool { return true }) {
		for block := range blocksOf([]familyRows{rows[1:]}) {
			b.Write(block.Append(nil))
		}
	}
	return b.String()
}

func TestRows(t *testing.T) {
	long := strings.Repeat("x", 100)
	for name, tc := range map[string]struct {
		options Options
		fill    func(*Rows)
		want    string
	}{
		"labels in order, the cluster filled in": {
			fill: func(r *Rows) { r.Add(testInfo, 1, "a", "u") },
			want: `test_info{cluster="east",name="a",uid="u"} 1` + "\n",
		},
		"missing values are empty": {
			fill: func(r *Rows) { r.Add(testInfo, 1) },
			want: `test_info{cluster="east",name="",uid=""} 1` + "\n",
		},
		"no labels": {
			fill: func(r *Rows) { r.Add(testBare, 0.5) },
			want: "test_bare 0.5\n",
		},
		"another name for the cluster label, and one label omitted": {
			options: Options{ClusterLabel: "clusterName", OmitLabels: []string{"uid"}},
			fill:    func(r *Rows) { r.Add(testInfo, 1, "a", "u") },
			want:    `test_info{clusterName="east",name="a"} 1` + "\n",
		},
		"families that are not included are left out": {
			options: Options{Include: []string{"test_value"}},
			fill:    func(r *Rows) { r.Add(testInfo, 1, "a", "u"); r.Add(testValue, 2, "a") },
			want:    `test_value{cluster="east",name="a"} 2` + "\n",
		},
		"quotes, backslashes and line breaks are escaped": {
			fill: func(r *Rows) { r.Add(testValue, 1, "a\"b\\c\nd\u00e9") },
			want: `test_value{cluster="east",name="a\"b\\c\ndé"} 1` + "\n",
		},
		"invalid UTF-8 is repaired and marked": {
			fill: func(r *Rows) { r.Add(testValue, 1, "a\xffb") },
			want: `test_value{cluster="east",name="a�b…1c91eb11"} 1` + "\n",
		},
		"a long value is cut and marked": {
			options: Options{MaxLabelValue: 64},
			fill:    func(r *Rows) { r.Add(testValue, 1, long); r.Add(testValue, 1, long+"y") },
			want: `test_value{cluster="east",name="` + long[:53] + `…ac246ad5"} 1` + "\n" +
				`test_value{cluster="east",name="` + long[:53] + `…a953ecc4"} 1` + "\n",
		},
		"the same labels twice give one sample": {
			fill: func(r *Rows) { r.Add(testValue, 1, "a"); r.Add(testValue, 1, "b"); r.Add(testValue, 2, "a") },
			want: `test_value{cluster="east",name="a"} 1` + "\n" + `test_value{cluster="east",name="b"} 1` + "\n",
		},
		"times are shifted, the zero time is none": {
			fill: func(r *Rows) {
				r.Shift(time.Minute)
				r.Time(testValue, time.Unix(1_700_000_000, 500e6), "a")
				r.Time(testValue, time.Time{}, "b")
			},
			want: `test_value{cluster="east",name="a"} 1.7000000605e+09` + "\n",
		},
		"values": {
			fill: func(r *Rows) {
				r.Add(testValue, 1_700_000_000, "a")
				r.Add(testCount, -3, "a")
				r.Bool(testBare, false)
			},
			want: "test_bare 0\n" + `test_total{cluster="east",name="a"} -3` + "\n" + `test_value{cluster="east",name="a"} 1700000000` + "\n",
		},
		"a family that the group does not have is ignored": {
			fill: func(r *Rows) { r.Add(&Family{Name: "other"}, 1) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, g := testGroup(t, tc.options)
			g.Set("k", g.Rows(), tc.fill)
			if diff := cmp.Diff(tc.want, e.text()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRowsDropDuplicatesAmongThousands checks an object that lists the same thing thousands of times.
func TestRowsDropDuplicatesAmongThousands(t *testing.T) {
	e, g := testGroup(t, Options{})
	g.Set("k", g.Rows(), func(r *Rows) {
		for i := range 40_000 {
			r.Add(testValue, float64(i), strconv.Itoa(i%15_000))
		}
	})
	if n := strings.Count(e.text(), "\n"); n != 15_000 {
		t.Errorf("%d samples, want 15000", n)
	}
}

func TestNewRefusesBadFamilies(t *testing.T) {
	for name, tc := range map[string]struct {
		family Family
		want   string
	}{
		"name":         {family: Family{Name: "a-b", Type: Gauge, Help: "H."}, want: "not a metric name"},
		"help":         {family: Family{Name: "a", Type: Gauge}, want: "help must be"},
		"help quotes":  {family: Family{Name: "a", Type: Gauge, Help: `"`}, want: "help must be"},
		"type":         {family: Family{Name: "a", Help: "H."}, want: "unknown type"},
		"counter":      {family: Family{Name: "a", Type: Counter, Help: "H."}, want: "end in _total"},
		"gauge":        {family: Family{Name: "a_total", Type: Gauge, Help: "H."}, want: "end in _total"},
		"label twice":  {family: Family{Name: "a", Type: Gauge, Help: "H.", Labels: []string{"x", "x"}}, want: `label "x"`},
		"label name":   {family: Family{Name: "a", Type: Gauge, Help: "H.", Labels: []string{"x-y"}}, want: `label "x-y"`},
		"no buckets":   {family: Family{Name: "a", Type: Histogram, Help: "H."}, want: "buckets"},
		"buckets":      {family: Family{Name: "a", Type: Gauge, Help: "H.", Buckets: []float64{1}}, want: "buckets"},
		"bucket order": {family: Family{Name: "a", Type: Histogram, Help: "H.", Buckets: []float64{2, 1}}, want: "ascend"},
		"bucket twice": {family: Family{Name: "a", Type: Histogram, Help: "H.", Buckets: []float64{1, 1}}, want: "ascend"},
		"bucket +Inf":  {family: Family{Name: "a", Type: Histogram, Help: "H.", Buckets: []float64{1, math.Inf(1)}}, want: "ascend"},
		"le":           {family: Family{Name: "a", Type: Histogram, Help: "H.", Buckets: []float64{1}, Labels: []string{"le"}}, want: "label le"},
		"family twice": {family: *testBare, want: "declared twice"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Options{}, &tc.family, testBare); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// TestRowsOfOneObjectAreBounded checks that samples beyond the limit are dropped as a whole, that the object counts as cut, and
// that the next object has all of its rows.
func TestRowsOfOneObjectAreBounded(t *testing.T) {
	const limit = 4 << 10
	e, g := testGroup(t, Options{})
	rows := g.Rows()
	rows.Bound(limit)
	g.Set("many", rows, func(r *Rows) {
		for n := range 100_000 {
			r.Add(testInfo, 1, "many", strconv.Itoa(n))
		}
		r.Add(testValue, 1, "many")
	})
	g.Set("one", rows, func(r *Rows) { r.Add(testValue, 1, "one") })
	text := e.text()
	if len(text) > limit+100 || !strings.HasSuffix(text, `test_value{cluster="east",name="one"} 1`+"\n") {
		t.Errorf("%d bytes: %q", len(text), text[max(0, len(text)-200):])
	}
	if n := strings.Count(text, `name="many"`); n < 50 || strings.Count(text, "\n") != n+1 {
		t.Errorf("%d rows of %d", n, strings.Count(text, "\n"))
	}
	if _, _, cut := g.Size(); cut != 1 {
		t.Errorf("%d objects are cut", cut)
	}
}
