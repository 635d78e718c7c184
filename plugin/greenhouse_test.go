// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// The checks of Greenhouse: the schemas of its kinds are in testdata/schemas.yaml, the rules of its
// webhooks below. Both follow its documentation; its code is not needed for these tests.

// object is one that Greenhouse reads.
type object struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Spec     struct {
		plugin
		Options                []definedOption
		Plugin                 plugin
		ClusterOptionOverrides []struct {
			ClusterName string
			Overrides   []optionValue
		}
		Version   string
		HelmChart struct{ Name, Repository, Version string }
	}
}

// plugin is the spec of a Plugin, and a part of that of a PluginPreset.
type plugin struct {
	PluginDefinitionRef struct{ Name string }
	ClusterName         string
	OptionValues        []optionValue
}

type definedOption struct {
	Name, Type, Regex, DisplayName string
	Required                       bool
	Default                        any
}

type optionValue struct {
	Name      string
	Value     any
	ValueFrom *struct {
		Secret struct{ Name, Key string }
	}
}

// read decodes an object and checks it against the schema of its kind.
func read(schemas *jsonschema.Compiler, text []byte) (*object, error) {
	var generic map[string]any
	if err := yaml.UnmarshalStrict(text, &generic); err != nil {
		return nil, err
	}
	kind, _ := generic["kind"].(string)
	schema, err := schemas.Compile("greenhouse#/$defs/" + kind)
	if err != nil {
		return nil, err
	}
	if err := schema.Validate(generic); err != nil {
		return nil, err
	}
	var o object
	return &o, yaml.Unmarshal(text, &o)
}

func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	text, err := os.ReadFile("testdata/schemas.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var schemas any
	if err := yaml.Unmarshal(text, &schemas); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("greenhouse", schemas); err != nil {
		t.Fatal(err)
	}
	return c
}

// checkDefinition is the webhook of PluginDefinitions.
func checkDefinition(o *object) error {
	var found []error
	seen := map[string]bool{}
	for _, option := range o.Spec.Options {
		complain := func(text string, args ...any) {
			found = append(found, fmt.Errorf("option "+option.Name+": "+text, args...))
		}
		if seen[option.Name] {
			complain("is there twice")
		}
		seen[option.Name] = true
		if option.Default == nil {
			continue
		}
		if option.Type == "secret" {
			complain("a secret has no default")
			continue
		}
		if err := checkType(option.Type, option.Default); err != nil {
			complain("default: %w", err)
		}
		if text, ok := option.Default.(string); ok && !regexp.MustCompile(option.Regex).MatchString(text) {
			complain("the default %q does not match %s", text, option.Regex)
		}
	}
	return errors.Join(found...)
}

func checkType(kind string, value any) error {
	ok := false
	switch kind {
	case "string", "secret":
		_, ok = value.(string)
	case "bool":
		_, ok = value.(bool)
	case "int":
		number, is := value.(float64)
		ok = is && number == float64(int64(number))
	case "list":
		_, ok = value.([]any)
	case "map":
		_, ok = value.(map[string]any)
	}
	if !ok {
		return fmt.Errorf("%v is no %s", value, kind)
	}
	return nil
}

// checkValues applies the rules of the webhook of Plugins to options.
func checkValues(definition *object, values []optionValue) error {
	var found []error
	seen := map[string]bool{}
	for _, v := range values {
		complain := func(text string, args ...any) {
			found = append(found, fmt.Errorf("option "+v.Name+": "+text, args...))
		}
		if seen[v.Name] {
			complain("is set twice")
		}
		seen[v.Name] = true
		i := slices.IndexFunc(definition.Spec.Options, func(o definedOption) bool { return o.Name == v.Name })
		if i < 0 {
			complain("the definition has none of this name")
			continue
		}
		switch option := definition.Spec.Options[i]; {
		case v.ValueFrom != nil && option.Type != "secret":
			complain("a %s is not read from a Secret", option.Type)
		case v.ValueFrom != nil:
		case option.Type == "secret" && !strings.Contains(fmt.Sprint(v.Value), "vault+kvv2:///"):
			complain("a secret is read from a Secret")
		default:
			if err := checkType(option.Type, v.Value); err != nil {
				complain("%w", err)
			}
		}
	}
	for _, option := range definition.Spec.Options {
		if option.Required && option.Default == nil && !seen[option.Name] {
			found = append(found, fmt.Errorf("option %s is required", option.Name))
		}
	}
	return errors.Join(found...)
}

// checkPlace is where the webhook lets a plugin run that it does not know by name.
func checkPlace(o *object) error {
	if o.Spec.ClusterName == "" && o.Metadata.Namespace != "greenhouse" {
		return errors.New("spec.clusterName is missing: only in the namespace greenhouse may a Plugin run in the central cluster")
	}
	return nil
}

// check applies the rules to an object.
func check(schemas *jsonschema.Compiler, definition *object, text []byte) (*object, error) {
	o, err := read(schemas, text)
	if err != nil {
		return nil, err
	}
	switch o.Kind {
	case "PluginDefinition":
		return o, checkDefinition(o)
	case "Plugin":
		return o, errors.Join(checkPlace(o), refersTo(definition, o.Spec.plugin), checkValues(definition, o.Spec.OptionValues))
	case "PluginPreset":
		found := []error{refersTo(definition, o.Spec.Plugin), checkValues(definition, o.Spec.Plugin.OptionValues)}
		for _, c := range o.Spec.ClusterOptionOverrides {
			found = append(found, checkValues(definition, c.Overrides))
		}
		return o, errors.Join(found...)
	}
	return o, nil
}

func refersTo(definition *object, p plugin) error {
	if p.PluginDefinitionRef.Name != definition.Metadata.Name {
		return fmt.Errorf("there is no definition %s", p.PluginDefinitionRef.Name)
	}
	return nil
}
