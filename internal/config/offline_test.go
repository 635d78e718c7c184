// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// addresses matches what [fill] makes of an address or the name of a file.
var addresses = regexp.MustCompile(`text of \w*(url|file|servername)|nodes:\[text|service:0x`)

// TestOffline: a snapshot has all settings of watched systems, also of collectors that are added
// later, and the instances of its own clusters without addresses.
func TestOffline(t *testing.T) {
	var c Collectors
	fillField(reflect.ValueOf(&c).Elem())
	dropped := c.Offline(func(string) bool { return false })
	kept := c.Offline(func(string) bool { return true })
	for i, field := range reflect.VisibleFields(reflect.TypeFor[Collectors]()) {
		before, without, with := reflect.ValueOf(c).Field(i), reflect.ValueOf(dropped).Field(i), reflect.ValueOf(kept).Field(i)
		if field.Type.Kind() != reflect.Slice {
			if diff := cmp.Diff(before.Interface(), with.Interface()); diff != "" {
				t.Errorf("%s changed:\n%s", field.Name, diff)
			}
			continue
		}
		if without.Len() != 0 {
			t.Errorf("%s has an instance of a cluster that is not in the snapshot", field.Name)
		}
		text := strings.ToLower(fmt.Sprintf("%+v", with.Interface()))
		if with.Len() != 1 || !strings.Contains(text, "text of name") {
			t.Errorf("%s is %s", field.Name, text)
		}
		if address := addresses.FindString(text); address != "" {
			t.Errorf("%s has %s", field.Name, address)
		}
	}
}

// fillField gives every field a value that is not zero: texts name their field.
func fillField(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.String {
				f.SetString("text of " + v.Type().Field(i).Name)
			} else {
				fillField(f)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillField(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillField(v.Elem())
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	}
}
