"""TRL's own trainers for one or two steps on the CPU, for the tests that hand them our rows."""

PLAIN = {"use_cpu": True, "bf16": False, "report_to": [], "save_strategy": "no"}


def sft(model, rows, folder):
    """A trainer of one step of two rows."""
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from trl import SFTConfig, SFTTrainer

    config = SFTConfig(
        output_dir=str(folder),
        max_steps=1,
        per_device_train_batch_size=2,
        max_length=None,
        remove_unused_columns=False,
        **PLAIN,
    )
    return SFTTrainer(
        model=AutoModelForImageTextToText.from_pretrained(model),
        args=config,
        train_dataset=rows,
        processing_class=AutoProcessor.from_pretrained(model),
    )


def two_steps_of_grpo(model, rows, folder):
    """Names of the rewards that were logged after two steps of two answers, by our functions."""
    from trl import GRPOConfig, GRPOTrainer

    from flows.training.rewards import reward_funcs

    config = GRPOConfig(
        output_dir=str(folder),
        max_steps=2,
        per_device_train_batch_size=2,
        num_generations=2,
        max_completion_length=8,
        logging_steps=1,
        **PLAIN,
    )
    trainer = GRPOTrainer(
        model=str(model), reward_funcs=reward_funcs(), args=config, train_dataset=rows
    )
    trainer.train()
    assert trainer.state.global_step == 2
    logged = {name for entry in trainer.state.log_history for name in entry}
    return {name.split("/")[1] for name in logged if name.startswith("rewards/")}
