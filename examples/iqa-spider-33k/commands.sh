#!/usr/bin/env bash
# From photographs to IQA-Spider-33K, three models and the tables of the paper, in order.
#
#     commands.sh [--tiny] WORK [DOWNLOADS]
#
# WORK is where everything goes, DOWNLOADS what README.md says to download. Run it again after
# whatever stopped it: every command goes on where it was. With --tiny all of it runs in minutes on
# two cores: random models and the photographs of scikit-image instead of downloads, few rows and
# steps with the rates that a random model needs, and the template writer instead of a server.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
tiny=
if [[ ${1:-} == --tiny ]]; then tiny=yes && shift; fi
work="${1:?commands.sh [--tiny] WORK [DOWNLOADS]}"
mkdir -p "$work"
work="$(cd "$work" && pwd)"
downloads="${2:-$work/downloads}"
python="${PYTHON:-python}"

spider() {
  echo "\$ iqa-spider $*"
  "$python" -m flows "$@" || { status=$? && ((status == 3)); } # 3: finished, something left out
}
once() { # FOLDER COMMAND...: for what refuses a folder that is there
  [[ -e $1 ]] || "${@:2}"
}

if [[ $tiny ]]; then
  export HF_HUB_OFFLINE=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
  once "$downloads/models" "$python" "$here/tiny.py" downloads "$downloads"
  m=downloads/models
  build=(--answers template --set run.workers=1 --set run.look=false --set variants=1
    --set export.test_share=0.3) # of so few photographs a tenth holds no grounding
  ssa=(--set regions.ssa.masks=downloads/masks --set 'regions.ssa.segmenters=["'$m'/segformer"]'
    --set regions.ssa.caption_model=$m/blip --set regions.ssa.clip_model=$m/clip
    --set regions.ssa.clipseg_model=$m/clipseg)
  photographs=24 rows=180 held=9 people=3 limit=64
  sft=(--set steps=20 --set batch=8 --set accumulate=1 --set tune.language=full
    --set checkpointing=false --set precision=fp32 --set workers=0 --set tune.language_rate=2e-3
    --set tune.vision_rate=1e-3 --set tune.projector_rate=1e-3)
  short=(--set steps=8 "${sft[@]:2}")
  sam=(--segmenter $m/hf_sam) point=("${sam[@]}" --set max_tokens=24 --set batch=32)
  qwen3=(--model $m/qwen3_vl) qwen25=(--model $m/qwen2_5_vl)
  train() { spider sft "$@"; }
  launch=() judge=() bootstrap=100
  told=(--note "Measured here on tiny models and made-up people: a trial of the commands.")
else
  build=()
  ssa=(--sam-checkpoint downloads/sam_vit_h_4b8939.pth --device cuda:0-7)
  photographs=10000 rows=33000 held=1 people=10 limit=512
  sft=() short=() sam=() point=() qwen3=() qwen25=() told=()
  train() { # all GPUs; a configuration of yours says how: accelerate config
    echo "\$ accelerate launch -m flows sft $*"
    "$python" -m accelerate.commands.launch -m flows sft "$@"
  }
  launch=(--launch "accelerate launch -m") bootstrap=1000
  # Texts are scored by rules without a judge; the paper's scores need a model that judges:
  judge=(${JUDGE_ENDPOINT:+--judge-endpoint "$JUDGE_ENDPOINT" --judge-model "${JUDGE_MODEL:?}"})
fi
[[ -e $work/downloads ]] || ln -s "$(cd "$downloads" && pwd)" "$work/downloads"
cd "$work"
cp -n "$here"/mix_*.toml . || true

# 1. Regions of KADIS's pristine references, by Semantic-Segment-Anything. Stored once, since any
#    number of builds reads them and SAM takes longer than all the rest of a build. Of the 140,000
#    photographs some thousands are enough, also when half of them are no good sources.
spider segment downloads/kadis700k --limit "$photographs" --out regions --regions ssa \
  --config "$here/run.toml" "${build[@]:2}" "${ssa[@]}"

# 2. The synthetic rows, in the shares and by the rules of the paper, until there are enough.
spider build downloads/kadis700k --limit "$photographs" --out synthetic \
  --regions stored:regions --profile paper --rows "$rows" --config "$here/run.toml" "${build[@]}"

# 3. People mark authentic flaws: a project with KonIQ's photographs and proposals for Label Studio.
once people-project spider annotate-project downloads/koniq10k/1024x768 --tool labelstudio \
  --out people-project
if [[ $tiny ]]; then "$python" "$here/tiny.py" annotate people-project; fi
if [[ ! -e people-project/export.json ]]; then
  echo "now people annotate: people-project/README.md says how; put what they export into"
  echo "$work/people-project/export.json and run this again"
  exit 0
fi
once people spider import people-project/export.json --images people-project/images \
  --scores downloads/koniq10k/koniq10k_scores_and_distributions.csv --out people

# 4. The same questions about what people said; both halves become one dataset.
spider build --annotations people --out authentic --profile paper --config "$here/run.toml" \
  "${build[@]}"
once iqa-spider-33k spider merge synthetic authentic --out iqa-spider-33k
spider validate iqa-spider-33k
# Table 7 and what is off, tables 10 to 18, and what can be guessed without looking: read it before
# you train.
spider stats iqa-spider-33k --paper --wordings --shortcuts

# 5. People verify a sample (the paper: 40 %, ten raters, four scales). For real: study serve.
once study spider study sample iqa-spider-33k --share 0.4 --raters "$people" --out study
if [[ $tiny ]]; then
  spider study export study --format csv --out ratings
  "$python" "$here/tiny.py" rate ratings
  spider study import study ratings/*.csv
fi
if [[ -e study/ratings.sqlite ]]; then spider study report study; fi

# 6. A temperature is found on photographs that are neither trained on nor reported: a sixteenth of
#    the training part, drawn by the content of the photographs.
held="split = 'train' and picture_id < '$held'"
once calibration spider subset iqa-spider-33k --where "$held" --out calibration
once training spider subset iqa-spider-33k --where "not ($held)" --out training

# 7. The three models: LoRA on the language model, encoder and projector in full.
train --mix mix_IV.toml --config "$here/sft_qwen3_vl.toml" --out qwen3_vl --merge \
  "${qwen3[@]}" "${sft[@]}"
train --mix mix_IV.toml --config "$here/sft_qwen2_5_vl.toml" --out qwen2_5_vl --merge \
  "${qwen25[@]}" "${sft[@]}"
# 8. Temperature, points and masks, scores: tables 1, 2, 3 and 6.
for model in qwen3_vl qwen2_5_vl; do
  [[ -e $model/merged/point.json ]] || spider point --model "$model/merged" --data calibration \
    --split train --calibrate --limit "$limit" --config "$here/point.toml" "${point[@]}"
  spider point --model "$model/merged" --data iqa-spider-33k --out "$model/predictions.jsonl" \
    --config "$here/point.toml" "${point[@]}"
  spider evaluate iqa-spider-33k --predictions "$model/predictions.jsonl" --model "$model/merged" \
    --qbench downloads/llvisionqa_dev.json --images downloads/llvisionqa \
    --out "scores/$model" --bootstrap "$bootstrap" "${judge[@]}"
  spider evaluate --model "$model/merged" --scores downloads/kadid10k/dmos.csv \
    --images downloads/kadid10k/images --out "opinions/$model" --bootstrap "$bootstrap"
done

# Phi-3.5-Vision is not trained by `sft`: the code that comes with its weights was written for older
# transformers (flows/training/README.md says what fails). Its records go to a trainer of its own; what
# it then says is scored by `evaluate --predictions FILE`.
once phi_3_5_vision spider export training --format llava --out phi_3_5_vision

# 9. What each part of the mixture is worth: table 4.
spider ablate mix_I.toml mix_II.toml mix_III.toml mix_IV.toml --data iqa-spider-33k \
  --out ablation --config "$here/sft_qwen3_vl.toml" --point "$here/point.toml" \
  --calibrate calibration --bootstrap "$bootstrap" "${qwen3[@]}" "${short[@]}" \
  "${sam[@]}" --max-tokens 64 "${launch[@]}"

# 10. A judge beside people (table 9): a study of one model's answers, each rated by everybody.
once judged spider study sample iqa-spider-33k --predictions qwen3_vl/predictions.jsonl \
  --per-task 100 --raters 5 --out judged
if [[ $tiny ]]; then
  spider study export judged --format csv --out judged-ratings
  "$python" "$here/tiny.py" rate judged-ratings
  spider study import judged judged-ratings/*.csv
fi
if [[ -e judged/ratings.sqlite ]]; then spider study report judged --judge scores/qwen3_vl; fi

# 11. One page with every table beside the paper's numbers, where they are known.
spider report iqa-spider-33k study judged ablation scores/* opinions/* --out report.html \
  "${told[@]}"
