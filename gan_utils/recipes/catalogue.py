"""Every recipe by the name that ``python3 run.py train NAME`` takes."""

from gan_utils.recipes import (
    creatives,
    dcgan,
    fashion,
    listing,
    own_images,
    product_trial,
    r3gan,
    second_judge,
    try_on,
    wgan,
)

RECIPES = {
    recipe.__name__: recipe
    for recipe in (
        fashion.quick,
        fashion.explorer_unconditional,
        fashion.explorer_conditional,
        fashion.styles,
        fashion.feature_network,
        second_judge.second_judge,
        listing.repaired_listing,
        dcgan.dcgan,
        wgan.wgan_gp,
        r3gan.r3gan,
        creatives.banner_reader,
        creatives.banner_generator,
        creatives.unpacked_banners,
        creatives.unconditional_banners,
        try_on.try_on,
        own_images.own_images,
        product_trial.lipstick_trial,
        product_trial.eyewear_trial,
        product_trial.eyewear_drawn,
        product_trial.product_evaluator,
    )
}
