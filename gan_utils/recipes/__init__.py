"""What made the shipped weights: one file per subject, listed in ``catalogue``.

A recipe is a plain function of ``train``: it makes its networks, hands them over to be
trained, and returns the network with the facts for its card. ``train(generator,
discriminator, steps, **options)`` is an ``engine.session.Training``, or anything alike.
A network that ``engine`` does not train gets ``train`` all the same, so that every recipe
is called alike. Start with ``fashion.quick``; ``classifier`` trains the judges, and
``listing``, ``wgan``, ``r3gan``, ``creatives``, ``try_on``, ``product_trial`` and
``own_images`` serve one lesson each.
"""
