"""What is read out of generated tokens."""


def test_marks_of_boxes_are_part_of_an_answer(tiny_vlm):
    """Tokens that place something stay, those that end a turn or stand for a picture go."""
    import torch

    from flows.pointing.scoring import _spoken

    tokenizer = tiny_vlm.make_tokenizer()
    tokenizer.add_tokens(["<|box_start|>", "<|box_end|>"], special_tokens=True)
    text = "Noise: <|box_start|>(1,2),(3,4)<|box_end|>."
    ids = tokenizer.encode(f"{text}<|im_end|><|endoftext|><|image_pad|>")
    assert _spoken(tokenizer, torch.tensor(ids)) == text
    plain = tokenizer.encode("Top left.<|im_end|>")
    assert _spoken(tokenizer, torch.tensor(plain)) == "Top left."
