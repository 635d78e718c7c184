// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/objects"
)

// TestObjectList compares answers of GET /api/v1/objects about test/fleet with golden files.
func TestObjectList(t *testing.T) {
	t.Parallel()
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	e.body()
	for name, query := range map[string]string{
		"notready.json": "state=not_ready&limit=60", "oldest.json": "state=failed,stalled&sort=since", "helmreleases.csv": "kind=HelmRelease&sort=name&format=csv",
		"text.json": "text=OPENBAO&system=externalsecrets,certmanager&sort=kind", "target.json": "target=storage&system=flux&sort=-name&limit=3", "owner.json": "owner=cobaltcore&sort=cluster",
	} {
		code, got := e.ask(http.MethodGet, "/api/v1/objects?"+query)
		if code != http.StatusOK {
			t.Errorf("%s: %d %s", name, code, got)
			continue
		}
		got = moments.ReplaceAllString(got, `"$1": "TIME"`)
		if strings.HasSuffix(name, ".csv") {
			got = csvMoments(t, got)
		}
		golden := filepath.Join("testdata", "objects", name)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got, -update accepts it): %s", name, diff)
		}
	}
}

// csvMoments replaces the times of a table.
func csvMoments(t *testing.T, text string) string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, row := range rows {
		out.WriteString(strings.Join(slices.Delete(row, 7, 8), ",") + "\n")
	}
	return out.String()
}

// TestObjectPages checks that, in each order, each object is on exactly one page.
func TestObjectPages(t *testing.T) {
	t.Parallel()
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	watched := 0
	for line := range strings.Lines(e.body()) {
		if strings.HasPrefix(line, "cobaltcore_watch_objects{") {
			n, _ := strconv.Atoi(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]))
			watched += n
		}
	}
	for _, sort := range objects.Sorts() {
		forward, backward := e.allObjects(t, sort, watched), e.allObjects(t, "-"+sort, watched)
		slices.Reverse(backward)
		if diff := cmp.Diff(forward, backward); diff != "" {
			t.Errorf("%s: the reverse order is another one (-forward +backward): %s", sort, diff)
		}
	}
}

// allObjects reads all pages in an order.
func (e *exporter) allObjects(t *testing.T, sort string, watched int) []string {
	t.Helper()
	var all []string
	seen := map[string]bool{}
	values := url.Values{"sort": {sort}, "limit": {"97"}}
	for pages := 0; ; pages++ {
		code, text := e.ask(http.MethodGet, "/api/v1/objects?"+values.Encode())
		var list objects.List
		if err := json.Unmarshal([]byte(text), &list); err != nil || code != http.StatusOK || pages > watched/97+1 {
			t.Fatalf("%s: %d %v %.200s", sort, code, err, text)
		}
		sum := 0
		for _, n := range maps.All(list.States) {
			sum += n
		}
		if list.Total != watched || sum != watched {
			t.Errorf("%s: %d objects, %d by state, %d are watched", sort, list.Total, sum, watched)
		}
		for _, o := range list.Objects {
			id := o.Cluster + " " + o.System + " " + o.Kind + " " + o.Key()
			if seen[id] {
				t.Errorf("%s: %s is listed twice", sort, id)
			}
			seen[id] = true
			all = append(all, id)
		}
		if list.Next == "" {
			break
		}
		values.Set("next", list.Next)
	}
	if len(all) != watched {
		t.Errorf("%s: %d objects are listed, %d are watched", sort, len(all), watched)
	}
	return all
}

// TestObjectFamilies compares the families from which objects are read with the declared families.
func TestObjectFamilies(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, f := range familiesOf(registeredCollectors(&config.Collectors{})) {
		declared = append(declared, f.Name)
	}
	for _, name := range objects.Families(objectDeclarations()) {
		if !slices.Contains(declared, name) {
			t.Errorf("%s is not declared", name)
		}
	}
}

func TestObjectQueryErrors(t *testing.T) {
	t.Parallel()
	e := exporterOf(t, "../../test/fleet/fleet.yaml")
	e.body()
	for _, query := range []string{"sort=age", "sort=--name", "limit=0", "limit=1001", "limit=x", "next=*", "next=bnVsbA", "next=e30x", "format=xml"} {
		if code, text := e.ask(http.MethodGet, "/api/v1/objects?"+query); code != http.StatusBadRequest || !strings.Contains(text, "use") {
			t.Errorf("%s: %d %s", query, code, text)
		}
	}
}
