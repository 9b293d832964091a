# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of sd14 for bash. Aliases of options work too, but are not offered.

_sd14() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local model="-m --model --config -t --threads --max-ram --cache-max --no-cache --isa --backend --precision --exact --emulate
        --ttnn-python --tt-chips --tt-trace --device-options --on-device-failure"
    local common="--json -v --verbose -q --quiet --color -h --help"
    local commands="generate bench golden config compare parity report list plan probe contracts"
    local generate="-p --prompt --prompt-file --prompts -n --negative-prompt --steps -g --cfg-scale -s --seed
        -W --width -H --height --size --sampler --eta --cache --guidance-interval
        -o --output -b --batch-count --batch-size --show"
    local bench="--operators --warmup -r --repeat --steps -W --width -H --height --size -g --cfg-scale -p --prompt"
    local golden="--suite -o --output --noise-from --verify"
    local config="-m --model --steps -W --width -H --height --size"
    local compare="--thresholds --no-verify --html"
    local parity="--against-model --against-backend --against-precision --against-isa
        --against-emulate --against-exact --recording --nodes --step
        --isolate --threshold -p --prompt -n --negative-prompt --steps -g --cfg-scale -s --seed
        -W --width -H --height --size"
    local report="--format -o --output"
    local list=""
    local plan="--steps -W --width -H --height --size -g --cfg-scale --eta"
    local probe="--backend"
    local contracts="--check --run --contracts"
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$commands version help --version --help" -- "$word")
        return
    fi
    case $previous in
    -m | -d | --model | --noise-from | --run | --contracts) mapfile -t COMPREPLY < <(compgen -d -- "$word") && compopt -o filenames ;;
    -o | --output | --prompt-file | --prompts | --config | --recording | --suite | --thresholds | --html) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames ;;
    --isa | --against-isa) mapfile -t COMPREPLY < <(compgen -W "auto ref avx2 avx_vnni avx512 avx512_vnni" -- "$word") ;;
    --backend | --against-backend) mapfile -t COMPREPLY < <(compgen -W "cpu ttnn" -- "$word") ;;
    --ttnn-python) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames ;;
    --tt-chips) mapfile -t COMPREPLY < <(compgen -W "1 2" -- "$word") ;;
    --tt-trace) mapfile -t COMPREPLY < <(compgen -W "auto on off" -- "$word") ;;
    --on-device-failure) mapfile -t COMPREPLY < <(compgen -W "stop cpu" -- "$word") ;;
    --precision | --against-precision) mapfile -t COMPREPLY < <(compgen -W "f32 fast" -- "$word") ;;
    --emulate | --against-emulate) mapfile -t COMPREPLY < <(compgen -W "none wormhole" -- "$word") ;;
    --sampler) mapfile -t COMPREPLY < <(compgen -W "ddim" -- "$word") ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "markdown csv html json" -- "$word") ;;
    --color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word") ;;
    --size) mapfile -t COMPREPLY < <(compgen -W "512x512 512x768 768x512" -- "$word") ;;
    -s | --seed) mapfile -t COMPREPLY < <(compgen -W "random" -- "$word") ;;
    -p | --prompt | -n | --negative-prompt | -t | --threads | --max-ram | --cache-max | --steps | -g | --cfg-scale) ;;
    --nodes | --step | --threshold | --device-options) ;;
    -W | --width | -H | --height | --eta | --cache | --guidance-interval | -b | --batch-count | --batch-size | -r | --repeat | --warmup) ;;
    *)
        case $command in
        generate) mapfile -t COMPREPLY < <(compgen -W "$generate $model $common" -- "$word") ;;
        bench) mapfile -t COMPREPLY < <(compgen -W "$bench $model $common" -- "$word") ;;
        golden) mapfile -t COMPREPLY < <(compgen -W "$golden $model $common" -- "$word") ;;
        config) mapfile -t COMPREPLY < <(compgen -d -W "$config $common" -- "$word") ;;
        compare) mapfile -t COMPREPLY < <(compgen -f -W "$compare $common" -- "$word") && compopt -o filenames ;;
        parity) mapfile -t COMPREPLY < <(compgen -W "$parity $model $common" -- "$word") ;;
        report) mapfile -t COMPREPLY < <(compgen -f -W "$report $common" -- "$word") && compopt -o filenames ;;
        list) mapfile -t COMPREPLY < <(compgen -d -W "$list $common" -- "$word") ;;
        plan) mapfile -t COMPREPLY < <(compgen -d -W "$plan $model $common" -- "$word") ;;
        probe) mapfile -t COMPREPLY < <(compgen -d -W "$probe $common" -- "$word") ;;
        contracts) mapfile -t COMPREPLY < <(compgen -W "$contracts $model $common" -- "$word") ;;
        help) mapfile -t COMPREPLY < <(compgen -W "$commands version" -- "$word") ;;
        esac
        ;;
    esac
}
complete -F _sd14 sd14
