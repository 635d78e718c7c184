// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Command again reads resources of Perses by its own types and writes them again, one
// line for each file. What the types do not know is lost on the way.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	v1 "github.com/perses/perses/pkg/model/api/v1"
)

func main() {
	if err := again(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func again(files []string) error {
	out := json.NewEncoder(os.Stdout)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var kind struct{ Kind v1.Kind }
		if err := json.Unmarshal(text, &kind); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		resource, err := v1.GetStruct(kind.Kind)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := json.Unmarshal(text, resource); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := out.Encode(resource); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
